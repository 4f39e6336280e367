"""A page with a button that counts."""

from pycommunicate import View


class HomeView(View):
    def render(self):
        """Return the page's HTML."""
        count = self.controller.user.session.get("count", 0)
        return self.controller.templater.render("home.html", count=count)

    def load(self):
        """The browser is connected: from here on the page can be changed."""
        self.number = self.html_wrapper.element("#number")
        self.html_wrapper.element("#count").add_event_listener("click", self.count)
        self.subscribe(self.my_tabs, self.show)
        self.show(self.controller.user.session.get("count", 0))  # another tab may have counted since render()

    def count(self):
        # One step, so that nothing is lost when the button is pressed in two tabs at once.
        count = self.controller.user.session.update(add_one)
        self.publish(self.my_tabs, count)

    def show(self, count):
        self.number.content = str(count)

    @property
    def my_tabs(self):
        return f"count of {self.controller.user.id_}"


def add_one(session):
    session["count"] = session.get("count", 0) + 1
    return session["count"]
