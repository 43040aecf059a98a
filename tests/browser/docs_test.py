# SPDX-License-Identifier: BSL-1.0
"""The docs pages in a real browser: they work, break no policy of theirs and ask nobody but this service.

usage: docs_test.py DOCS_APP [--quickstart PROGRAM] [--screenshots FOLDER] [unittest arguments]
Needs Chromium, and Playwright of requirements.txt; ./dev setup installs both.
"""
import argparse
import contextlib
import shutil
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "integration"))
from server_process import ServerProcess
from playwright.sync_api import expect, sync_playwright

CHROMIUM_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
                      "--disable-background-networking", "--disable-component-update"]
WAIT_MS = 20_000


class PageTest(unittest.TestCase):
    """Each test has a new browser profile; complaints and foreign requests fail it at its end."""

    program = None
    screenshots = None
    viewport = {"width": 1280, "height": 1000}

    @classmethod
    def setUpClass(cls):
        if not cls.program:
            raise unittest.SkipTest("without its program")
        with contextlib.ExitStack() as stack:
            cls.server = stack.enter_context(ServerProcess(cls.program))
            cls.origin = f"http://127.0.0.1:{cls.server.port}"
            playwright = stack.enter_context(sync_playwright())
            cls.browser = stack.enter_context(contextlib.closing(playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=CHROMIUM_ARGUMENTS)))
            cls.addClassCleanup(stack.pop_all().close)

    def setUp(self):
        self.complaints = []
        self.requests = []
        self.context = self.browser.new_context(viewport=self.viewport)
        self.addCleanup(self.context.close)
        self.context.set_default_timeout(WAIT_MS)
        # Of the context, which sees what a popup does before it is a page.
        self.context.on("console", self.note_console)
        self.context.on("weberror", lambda error: self.complaints.append(f"uncaught: {error.error}"))
        self.context.on("dialog", self.note_dialog)
        self.context.on("requestfailed", self.note_failure)
        self.context.on("request", lambda request: self.requests.append(request.url))
        self.page = self.context.new_page()

    def note_dialog(self, dialog):
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def note_failure(self, request):
        # What a page that is left had still asked for, its icon mostly, is aborted.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"failed: {request.url} {request.failure}")

    def note_console(self, message):
        # Violations of the Content-Security-Policy are among the errors.
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def tearDown(self):
        own = (self.origin + "/", f"blob:{self.origin}/", "data:")
        foreign = [url for url in self.requests if not url.startswith(own)]
        self.assertEqual(foreign, [], "requests that leave the origin")
        self.assertEqual(self.complaints, [])

    def screenshot(self, name, full_page=True):
        if self.screenshots:
            self.page.screenshot(path=self.screenshots / f"{name}.png", full_page=full_page)

    def open_operation(self, docs_url, operation):
        self.page.goto(self.origin + docs_url)
        block = self.page.locator(".opblock", has_text=operation)
        block.locator(".opblock-summary-control").click()
        return block


class DocsTest(PageTest):
    """Of a program that has nothing but the pages."""

    def try_read_item(self, docs_url):
        block = self.open_operation(docs_url, "Read Item")
        block.get_by_role("button", name="Try it out").click()
        block.get_by_placeholder("item_id").fill("7")
        block.get_by_role("button", name="Execute").click()
        answer = block.locator(".live-responses-table")
        expect(answer.locator(".response-col_status").last).to_contain_text("200", timeout=WAIT_MS)
        expect(answer.locator(".highlight-code").first).to_contain_text('"name": "item 7"')

    def test_swagger_ui_shows_the_document_and_calls_the_service(self):
        self.try_read_item("/docs")
        self.assertEqual(self.page.title(), "Shop - Swagger UI")
        self.assertIn(self.origin + "/items/7", self.requests)
        self.screenshot("swagger_ui")

    def test_swagger_ui_calls_the_service_below_its_mount(self):
        self.try_read_item("/sub/docs")
        self.assertIn(self.origin + "/sub/items/7", self.requests)
        self.assertEqual([url for url in self.requests if not url.startswith(self.origin + "/sub/") and
                          not url.startswith("data:")], [])

    def test_swagger_ui_posts_a_body(self):
        block = self.open_operation("/docs", "Create Item")
        block.get_by_role("button", name="Try it out").click()
        block.locator("textarea.body-param__text").fill('{"name": "from the page"}')
        block.get_by_role("button", name="Execute").click()
        expect(block.locator(".live-responses-table .highlight-code").first).to_contain_text("from the page")

    def test_swagger_ui_authorizes_by_the_redirect_page(self):
        self.page.goto(self.origin + "/docs")
        self.page.locator(".auth-wrapper .authorize").first.click()
        dialog = self.page.locator(".dialog-ux")
        expect(dialog.locator("input#client_id_authorizationCode")).to_have_value("docs")  # by initOAuth
        with self.context.expect_page() as popup:
            dialog.get_by_role("button", name="Apply given OAuth2 credentials").click()
        if not popup.value.is_closed():
            popup.value.wait_for_event("close")
        expect(dialog).to_contain_text("Authorized", timeout=WAIT_MS)
        sent_back_to = self.origin + "/docs/oauth2-redirect?code=granted"
        self.assertTrue(any(url.startswith(sent_back_to) for url in self.requests))
        self.assertIn(self.origin + "/token", self.requests)
        dialog.get_by_role("button", name="Close", exact=True).click()

        block = self.page.locator(".opblock", has_text="Create Item")
        block.locator(".opblock-summary-control").click()
        block.get_by_role("button", name="Try it out").click()
        with self.page.expect_request(self.origin + "/items") as request:
            block.get_by_role("button", name="Execute").click()
        self.assertEqual(request.value.headers.get("authorization"), "Bearer granted-token")

    def test_swagger_ui_is_packed_and_kept_by_the_browser(self):
        answers = {}
        self.page.on("response", lambda response: answers.setdefault(response.url, response))
        self.page.goto(self.origin + "/docs", wait_until="networkidle")
        bundle = next(url for url in answers if url.endswith("/swagger-ui-bundle.js"))
        self.assertEqual(answers[bundle].headers["content-encoding"], "gzip")
        self.assertIn("immutable", answers[bundle].headers["cache-control"])
        self.page.goto("about:blank")
        urls, from_cache = {}, set()
        session = self.context.new_cdp_session(self.page)
        session.on("Network.requestWillBeSent",
                   lambda event: urls.update({event["requestId"]: event["request"]["url"]}))
        session.on("Network.requestServedFromCache", lambda event: from_cache.add(event["requestId"]))
        session.send("Network.enable")
        self.page.goto(self.origin + "/docs", wait_until="networkidle")
        self.assertIn(bundle, {urls.get(request) for request in from_cache})

    def test_redoc_shows_the_document(self):
        self.page.goto(self.origin + "/redoc", wait_until="networkidle")
        self.assertEqual(self.page.title(), "Shop - ReDoc")
        expect(self.page.get_by_role("heading", name="Read Item")).to_be_visible(timeout=WAIT_MS)
        self.assertEqual(self.page.evaluate("getComputedStyle(document.body).margin"), "0px")
        self.page.get_by_placeholder("Search...").fill("Create")  # by a worker
        expect(self.page.locator("[data-role='search:results']")).to_contain_text("Create Item", timeout=WAIT_MS)
        self.screenshot("redoc")

    def test_redoc_shows_the_document_below_its_mount(self):
        self.page.goto(self.origin + "/sub/redoc", wait_until="networkidle")
        expect(self.page.get_by_role("heading", name="Read Item")).to_be_visible(timeout=WAIT_MS)
        self.assertIn(self.origin + "/sub/openapi.json", self.requests)


class QuickstartTest(PageTest):
    """Of the service that a newcomer starts first. Its picture is what README.md shows."""

    viewport = {"width": 1120, "height": 840}

    def test_a_call_from_the_page_shows_the_answer(self):
        block = self.open_operation("/docs", "/items/{item_id}")
        block.get_by_role("button", name="Try it out").click()
        block.get_by_placeholder("item_id").fill("7")
        block.get_by_placeholder("q", exact=True).fill("keyboard")
        block.get_by_role("button", name="Execute").click()
        answer = block.locator(".live-responses-table")
        expect(answer.locator(".response-col_status").last).to_contain_text("200", timeout=WAIT_MS)
        expect(answer.locator(".highlight-code").first).to_contain_text('"q": "keyboard"')
        self.assertIn(self.origin + "/items/7?q=keyboard", self.requests)
        for tag in ("items", "products", "users", "photos"):
            expect(self.page.locator(f"#operations-tag-{tag}")).to_be_visible()

    def test_a_product_is_created_when_logged_in(self):
        self.page.goto(self.origin + "/docs")
        self.page.locator(".auth-wrapper .authorize").first.click()
        dialog = self.page.locator(".dialog-ux")
        dialog.locator("input#oauth_username").fill("ada")
        dialog.locator("input#oauth_password").fill("lovelace")
        dialog.locator(".auth-btn-wrapper .authorize").click()
        expect(dialog).to_contain_text("Authorized", timeout=WAIT_MS)
        dialog.get_by_role("button", name="Close", exact=True).click()
        block = self.page.locator(".opblock", has_text="Create Product")
        block.locator(".opblock-summary-control").click()
        block.get_by_role("button", name="Try it out").click()
        with self.page.expect_response(self.origin + "/products") as response:
            block.get_by_role("button", name="Execute").click()
        self.assertEqual(response.value.status, 201)  # for the example that the page fills in

    def test_the_pages_show_every_operation(self):
        self.page.goto(self.origin + "/docs")
        expect(self.page.locator("#operations-products-buy_product")).to_be_visible(timeout=WAIT_MS)
        paths = self.page.request.get(self.origin + "/openapi.json").json()["paths"]
        expect(self.page.locator(".opblock")).to_have_count(sum(len(operations) for operations in paths.values()))
        self.screenshot("quickstart", full_page=False)
        self.page.goto(self.origin + "/redoc", wait_until="networkidle")
        expect(self.page.get_by_role("heading", name="Buy Product")).to_be_visible(timeout=WAIT_MS)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("docs_app")
    parser.add_argument("--quickstart")
    parser.add_argument("--screenshots", type=Path)
    arguments, rest = parser.parse_known_args()
    DocsTest.program = arguments.docs_app
    QuickstartTest.program = arguments.quickstart
    PageTest.screenshots = arguments.screenshots
    if arguments.screenshots:
        arguments.screenshots.mkdir(parents=True, exist_ok=True)
    unittest.main(argv=[sys.argv[0], *rest])
