"""What a person sees when a request fails. These pages are plain: nothing on them talks to the server."""

from pycommunicate import View


class NotFoundView(View):
    def render(self):
        return self.controller.templater.render("error.html", code=404, message="There is nothing at this address.")


class ServerErrorView(View):
    def render(self):
        return self.controller.templater.render("error.html", code=500, message="Something went wrong here. It has been noted.")
