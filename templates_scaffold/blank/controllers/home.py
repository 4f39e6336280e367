"""The front page."""

from pycommunicate import Controller, route

from views.home import HomeView


@route("/")
class HomeController(Controller):
    views = [HomeView]
