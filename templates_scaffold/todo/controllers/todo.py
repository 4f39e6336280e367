"""The list."""

from pycommunicate import Controller, route

from views.todo import TodoView


@route("/")
class TodoController(Controller):
    views = [TodoView]
