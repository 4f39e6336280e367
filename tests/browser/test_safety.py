"""What runs or leads elsewhere, sent past the server's check: Chromium's client refuses it. And what Chromium has that would: all of it stands in names.json."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pycommunicate.protocol import css
from tests.browser.bench import APP, source
from tests.contract.project import ROOT
from tests.tools.waiting import reaches
from tests.wire.test_safety import PIECES
from tests.wire.verdicts import ORIGIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Request

    from tests.browser.bench import Bench

    Make = Callable[..., Bench]

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parents[1] / "wire" / "safety.json").read_text("utf-8"))
ROWS: list[dict[str, Any]] = json.loads((ROOT / "pycommunicate" / "protocol" / "names.json").read_text("utf-8"))["rows"]
CODES = {"property": 6, "style": 7, "attribute": 8}

# Without the default policy, which would stop some of it once more.
SOURCE = source(app=APP.replace('host="127.0.0.1"', 'host="127.0.0.1", policy=None'))
PAGE = """
  <a id="mail" href="mailto:window.ran=1//x">mail</a>
  <svg width="50" height="50"><a id="animated" href="#x"><rect id="rect" width="40" height="40"></rect><animate id="animate" attributeName="href"></animate></a></svg>
  <form id="form" action="/form"><button id="button" formaction="/button">send</button></form>
  <style id="style"></style> <div id="box">box</div> <iframe id="frame"></iframe>
"""

LOADERS = [
    "url(//evil.example/)",
    "image-set('//evil.example/' 1x)",
    "url(https://evil.example/x)",
    "'//evil.example/y'",
    "red; background:",
    ") ",
]
ELSEWHERE = "http://elsewhere.example"


def raw(bench: Bench, *operations: list[Any]) -> list[str]:
    """Have the server send operations as they are, `#id` for the element of that id; return what the browser's client refused."""
    known = len(bench.program.err)
    bench.run(
        f"""
        for code, where, *rest in {list(operations)!r}:
            controller.page.write([code, element(where)._named() if isinstance(where, str) else where, *rest])
        """
    )
    return [line for line in bench.program.err[known:].splitlines() if "refused" in line]


def foreign(bench: Bench) -> list[str]:
    """Everything that the page asks of another host, from now on."""
    asked: list[str] = []

    def see(request: Request) -> None:
        if request.url.startswith(ELSEWHERE):
            asked.append(request.url)

    bench.page.on("request", see)
    bench.page.route(f"{ELSEWHERE}/**", lambda route: route.abort())
    return asked


def test_the_scheme_of_a_link_stays(bench_on: Make) -> None:
    bench = bench_on(PAGE)
    raw(bench, [6, "#mail", "protocol", "javascript:"], [6, "#mail", "protocol", ["javascript:"]])
    assert bench.js("() => document.getElementById('mail').protocol") == "mailto:"
    assert bench.run("result = element('#mail').get_property('protocol')") == "mailto:", "it may be read"
    assert bench.js("() => window.ran") is None


def test_an_animation_sets_no_address(bench_on: Make) -> None:
    bench = bench_on(PAGE)
    address = "javascript:window.ran=1"
    raw(
        bench,
        *([8, "#animate", name, address] for name in ("to", "values", "from", "by", "VALUES")),
        [8, "#animate", "attributeName", "xlink:href"],
        [1, "#animated", 9001, "animate"],
        [8, 9001, "attributeName", "href"],
        [1, "#animated", 9002, "set"],
        [17, "#animated", 9003, "animateTransform"],
    )
    assert bench.js("() => document.querySelectorAll('animate, set, animateTransform').length") == 1
    assert bench.js("() => document.getElementById('animate').getAttributeNames()") == ["id", "attributeName"]
    bench.page.dispatch_event("#rect", "click")
    assert bench.js("() => window.ran") is None


@pytest.mark.parametrize(
    "tag",
    ["base", "meta", "link", "style", "iframe", "object", "embed", "frame", "param", "xmp", "plaintext", "noembed"],
)
def test_no_element_that_loads_or_leads_elsewhere_is_made(bench_on: Make, tag: str) -> None:
    bench = bench_on(PAGE)
    before = bench.js("() => document.querySelectorAll('*').length")
    raw(bench, [1, "#box", 9001, tag], [2, "#box", 9002, tag.upper()], [3, "#box", 9003, tag], [17, "#box", 9004, tag])
    assert bench.js("() => document.querySelectorAll('*').length") == before


LOADS = [
    f"url({ELSEWHERE}/1)",
    f"u\\72l({ELSEWHERE}/2)",
    f'image-set("{ELSEWHERE}/3" 1x)',
    f"-webkit-image-set(url({ELSEWHERE}/4) 1x)",
    f"url(//{ELSEWHERE[7:]}/5)",
    f"/**/url( '{ELSEWHERE}/6' )",
    f"url(ht\\74p\\3a //{ELSEWHERE[7:]}/7)",
    f"cross-fade(url({ELSEWHERE}/8), red)",
]


@pytest.mark.parametrize("value", LOADS)
def test_a_style_loads_nothing_from_elsewhere(bench_on: Make, value: str) -> None:
    bench = bench_on(PAGE)
    bench.js("() => { document.head.append(Object.assign(document.createElement('style'), "
             "{textContent: '#box { background: image-set(var(--y, red) 1x); background: var(--x) }'})) }")  # fmt: skip
    asked = foreign(bench)
    raw(
        bench,
        [7, "#box", "backgroundImage", value],
        [7, "#box", "background-image", value],
        [7, "#box", "cssText", f"background: {value}"],
        [7, "#box", "--x", value],
        [7, "#box", "--y", f"'{ELSEWHERE}/y'"],
        [6, "#box", "style", f"background: {value}"],
        [6, "#box", "style", [f"background: {value}"]],
        [8, "#box", "style", f"background: {value}"],
        [8, "#rect", "fill", value],
        [8, "#rect", "mask", value],
        [5, "#style", f"@import '{ELSEWHERE}/a.css'; #box {{ background: {value} }}"],
        [6, "#style", "textContent", f"#box {{ background: {value} }}"],
        [6, "#style", "innerText", f"#box {{ background: ur\nl({ELSEWHERE}/n); list-style: {value} }}"],
    )
    bench.page.wait_for_timeout(100)
    assert asked == []
    assert bench.js("() => [box.getAttribute('style'), document.getElementById('style').textContent]") in (
        [None, ""],
        ["", ""],
    )


def test_what_is_the_applications_own_is_loaded(bench_on: Make, expect_console: Callable[..., None]) -> None:
    expect_console("404 .*/(static/own.png|elsewhere)")
    bench = bench_on(PAGE)
    bench.run(
        """
        element("#box").style["backgroundImage"] = "url(/static/own.png)"
        element("#box").attributes["style"] += "; color: red"
        element("#rect").attributes["fill"] = "url(#paint)"
        element("#style").content = "#box::after {\\n content: 'https://example.org' }"
        element("#form").attributes["action"] = "/other"
        element("#frame").set_property("src", "/elsewhere")
        """
    )
    assert bench.js("() => getComputedStyle(box).backgroundImage").endswith('/static/own.png")')
    assert bench.js("() => [getComputedStyle(box).color, getComputedStyle(box, '::after').content]") == [
        "rgb(255, 0, 0)",
        '"https://example.org"',
    ]
    assert bench.js("() => [form.getAttribute('action'), frame.getAttribute('src')]") == ["/other", "/elsewhere"]


def test_forms_and_frames_stay_with_the_application(bench_on: Make) -> None:
    bench = bench_on(PAGE)
    asked = foreign(bench)
    raw(
        bench,
        *([code, "#form", "action", ELSEWHERE] for code in (6, 8)),
        [6, "#button", "formAction", ELSEWHERE],
        [8, "#button", "formaction", ELSEWHERE],
        *([code, "#frame", "src", ELSEWHERE] for code in (6, 8)),
        [8, "#frame", "sandbox", ""],
        [8, "#mail", "ping", ELSEWHERE],
        [6, "#box", "nonce", "x"],
    )
    assert bench.js(
        "() => [form.getAttribute('action'), button.getAttribute('formaction'), frame.getAttribute('src')]"
    ) == [
        "/form",
        "/button",
        None,
    ]
    assert bench.js("() => [frame.hasAttribute('sandbox'), mail.ping, box.nonce]") == [False, "", ""]
    assert asked == []


def test_what_the_three_sides_refuse_changes_nothing(bench_on: Make) -> None:
    """The cases of tests/wire/safety.json, on elements of Chromium."""
    bench = bench_on()
    operations: list[list[Any]] = []
    elements: list[str] = []
    for element, via, name, value in [*GOLDEN["writes"]["refused"], *GOLDEN["writes"]["refused_in_the_browser"]]:
        number = len(elements)
        elements.append(element.rpartition(":")[2].lower())
        where = f"#case{number}"
        operations.append([5, where, value] if via == "content" else [CODES[via], where, name, value])
    bench.js(
        """names => {
            const svg = "http://www.w3.org/2000/svg", graphics = /^(rect|g|use|set|animate.*)$/;
            window.cases = names.map((name, number) => {
                const element = graphics.test(name) ? document.createElementNS(svg, name) : document.createElement(name);
                element.id = "case" + number;
                return element;
            });
            const place = document.createElement("template");
            document.getElementById("place").append(...cases.filter((one) => !/^(base|meta|iframe|frame|object|embed)$/.test(one.localName)));
            document.getElementById("place").append(...cases.filter((one) => /^(iframe|frame|object|embed)$/.test(one.localName)));
            document.head.append(...cases.filter((one) => /^(base|meta)$/.test(one.localName)));
            window.before = cases.map((one) => one.outerHTML);
        }""",
        elements,
    )
    asked = foreign(bench)
    bench.run(
        f"""
        for code, where, *rest in {operations!r}:
            controller.page.write([code, element(where)._named(), *rest])
        """,
        timeout=60,
    )
    reaches(lambda: bench.js("() => document.getElementById('bench-ran').textContent"), "1")
    changed = bench.js("() => cases.flatMap((one, number) => one.outerHTML === before[number] ? [] : [number])")
    assert [operations[number] for number in changed] == []
    assert asked == []
    assert bench.js("() => window.ran") is None


LOAD = """styles => {
  document.getElementById("place").replaceChildren(...styles.flatMap(([way, text], number) => {
    const box = document.createElement("div"), sheet = document.createElement("style");
    box.id = "box" + number;
    box.textContent = "box";
    if (way === "inline") box.style.cssText = "background:" + text;
    if (way === "variable") {
      box.style.setProperty("--x", text);
      sheet.textContent = `#box${number} { background: var(--x); list-style: image-set(var(--x) 1x); border-image: image-set(var(--x)) }`;
    }
    if (way === "sheet") sheet.textContent = text + `#box${number} { background: ${text} }`;
    return [sheet, box];
  }));
  return document.body.offsetHeight;
}"""


def test_what_is_taken_for_harmless_loads_nothing_from_elsewhere(
    bench: Bench, expect_console: Callable[..., None]
) -> None:
    """The reader of CSS and Chromium's, on what chance makes: what is let pass asks nothing of another host."""
    expect_console("404", "Failed to load resource")
    asked: list[str] = []
    bench.page.on("request", lambda request: asked.append(request.url))
    bench.page.route(re.compile("(evil|elsewhere)[.]example"), lambda route: route.abort())
    bench.page.route(re.compile(f"^{bench.program.url}/(?!static|code|result)"), lambda route: route.abort())
    chance = random.Random(7)
    pieces = [
        piece.replace(ORIGIN, "http://elsewhere.example") for piece in [*PIECES, *LOADERS] if "\ud800" not in piece
    ]
    let_pass, total = 0, 0
    for _ in range(6):
        styles = []
        for _ in range(1_500):
            way = chance.choice(["inline", "variable", "sheet"])
            text = "".join(chance.choice(pieces) for _ in range(chance.randrange(1, 8)))
            before = {"inline": "background:", "variable": "--x:", "sheet": ""}[way]
            if css.refused(before + text) is None and "\0" not in text:
                styles.append([way, text])
            total += 1
        let_pass += len(styles)
        bench.js(LOAD, styles)
        bench.page.wait_for_timeout(200)
    assert [url for url in asked if re.search("^[a-z]+://[^/]*(evil|elsewhere)[.]example", url)] == []
    assert 1_000 < let_pass < total - 1_000, "some of each"
    bench.js(LOAD, [["inline", "url(http://elsewhere.example/seen)"], ["variable", "'http://elsewhere.example/var'"]])
    theirs = ["http://elsewhere.example/seen", "http://elsewhere.example/var"]
    reaches(lambda: sorted(url for url in asked if url.startswith("http://elsewhere.")), theirs)


PROBE = """() => {
  const HTML = `a abbr address area article aside audio b base bdi bdo blockquote body br button canvas caption cite code col colgroup data
    datalist dd del details dfn dialog div dl dt em embed fencedframe fieldset figcaption figure footer form frame frameset h1 head header
    hgroup hr html i iframe img input ins kbd label legend li link main map mark marquee menu meta meter nav noscript object ol optgroup
    option output p param picture pre progress q rp rt ruby s samp script search section select slot small source span strong style sub
    summary sup table tbody td template textarea tfoot th thead time title tr track u ul var video wbr dir font portal selectedcontent
    permission geolocation camera microphone usermedia install x-own`;
  const SVG = `a animate animateMotion animateTransform circle clipPath defs desc ellipse feBlend feColorMatrix feComponentTransfer
    feComposite feConvolveMatrix feDiffuseLighting feDisplacementMap feDistantLight feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR
    feGaussianBlur feImage feMerge feMergeNode feMorphology feOffset fePointLight feSpecularLighting feSpotLight feTile feTurbulence filter
    foreignObject g image line linearGradient marker mask metadata mpath path pattern polygon polyline radialGradient rect script set stop
    style svg switch symbol text textPath title tspan use view`;
  const MATHML = "math mi mo mn ms mtext mrow mfrac msqrt annotation-xml semantics maction mglyph";
  const kinds = [["http://www.w3.org/1999/xhtml", HTML], ["http://www.w3.org/2000/svg", SVG], ["http://www.w3.org/1998/Math/MathML", MATHML]];
  const found = {};
  const note = (name, what, element) => ((found[name] ??= {})[what] ??= []).push(element);
  const place = document.implementation.createHTMLDocument("probe");
  place.head.append(Object.assign(place.createElement("base"), {href: location.href}));
  const covered = new Set();
  for (const [space, names] of kinds) for (const tag of names.split(/\\s+/)) {
    const make = () => { const around = place.createElementNS(space, tag === "a" ? "g" : "div"); const one = place.createElementNS(space, tag); around.append(one); return one; };
    for (let kind = Object.getPrototypeOf(make()); kind && kind !== EventTarget.prototype; kind = Object.getPrototypeOf(kind)) {
      covered.add(kind.constructor.name);
      for (const [name, {get, set}] of Object.entries(Object.getOwnPropertyDescriptors(kind))) {
        if (!get || /^on/.test(name)) continue;
        const one = make();
        let before, text;
        try { before = get.call(one); text = one.outerHTML; } catch { continue; }
        if (before && before.constructor.name === "SVGAnimatedString") { note(name, "animated", tag); continue; }
        if (!set) continue;
        try { set.call(one, "zz-probe"); } catch { continue; }
        let after;
        try { after = get.call(one); } catch { continue; }
        if (after === new URL("zz-probe", location.href).href) note(name, "address", tag);
        if (before !== null && typeof before === "object" && one.outerHTML !== text) note(name, "put", tag);
        const other = make(), around = other.parentNode;
        try { set.call(other, "<zz-b>x</zz-b>"); } catch { continue; }
        if (around.querySelector("zz-b")) note(name, "markup", tag);
      }
    }
  }
  const all = Object.getOwnPropertyNames(window).filter((name) => /^(HTML|SVG|MathML).*Element$/.test(name));
  return {found, missed: all.filter((name) => !covered.has(name))};
}"""


def test_every_property_that_could_is_in_the_table(bench: Bench) -> None:
    """What resolves its value as a URL, makes markup of it, or forwards a put: what a new engine brings gets a row first."""
    known = {name.lower() for row in ROWS for name in row["names"]}
    seen = bench.js(PROBE)
    assert {name: what for name, what in seen["found"].items() if name.lower() not in known} == {}
    assert {"href", "src", "action", "formAction", "cite", "innerHTML", "style", "classList"} <= set(seen["found"])
    assert seen["missed"] == [], "interfaces of elements that the probe makes no element of"
