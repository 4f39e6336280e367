"""__title__: the application. `pycommunicate run --debug` starts it."""

from pycommunicate import CommunicateApp, FileSessions

import config

app = CommunicateApp(
    debug=config.DEBUG,
    sessions=FileSessions(config.DATA / "sessions"),
    allowed_hosts=config.ALLOWED_HOSTS,
    trusted_proxies=config.TRUSTED_PROXIES,
    policy={"form-action": ["'self'"]},  # what pages may load, and where forms lead: docs/policy.md of pycommunicate
)
if config.SECRET_KEY:
    app.set_secret_key(config.SECRET_KEY)

app.flask.add_url_rule("/health", "health", lambda: "ok")  # for the Dockerfile's health check
app.discover("controllers")

if __name__ == "__main__":
    app.run()
