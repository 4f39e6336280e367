"""The room."""

from pycommunicate import Controller, route

from views.chat import ChatView


@route("/")
class ChatController(Controller):
    views = [ChatView]
