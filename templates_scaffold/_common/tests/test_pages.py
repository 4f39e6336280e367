"""Pages that every project has."""


def test_health(app):
    assert app.flask.test_client().get("/health").text == "ok"


def test_a_wrong_address(app):
    response = app.flask.test_client().get("/nowhere")
    assert response.status_code == 404
    assert "There is nothing at this address." in response.text
