// Walks through the page in a browser, as tests/e2e/web.py asks: node walks.mjs MODULES CHROMIUM WALK URL [WORDS...].
// Prints what is wrong, a line each, and nothing else.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [modules, chromium, walk, url, ...words] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const playwright = require("playwright-core");
const axe = readFileSync(`${modules}/node_modules/axe-core/axe.min.js`, "utf8");
const PATIENCE = 20_000;

const wrong = (text) => console.log(text);

async function open(browser, options = {}) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  page.setDefaultTimeout(PATIENCE);
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) wrong(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => wrong(`error: ${error.message}`));
  return page;
}

const settled = (page) =>
  page.waitForFunction(() => document.querySelector("main h1") && !document.querySelector("main .waiting"), null, { timeout: PATIENCE });
const ask = (page, path) => page.evaluate((where) => fetch(where).then((response) => response.json()), path);
const text = (page, selector) => page.locator(selector).first().innerText();

// Where something of each kind is, for screens that are about one thing.
async function places(page) {
  const report = await ask(page, "/api/0/report");
  const at = report.holders.map(({ open }) => /0x[0-9a-f]+$/.exec(open ?? "")?.[0]).find(Boolean);
  const source = (await ask(page, "/api/0/verdict")).lines.find(({ file }) => file?.endsWith(".go"));
  const begin = (await ask(page, "/api/0/map")).begin;
  const span = (await ask(page, `/api/0/show?at=${at}`)).slot.span;
  const sql = "SELECT type, count(*) AS n FROM objects GROUP BY type ORDER BY n DESC LIMIT 5";
  const type = (await ask(page, "/api/0/table?name=types&count=5")).types.find(({ type: name }) => name.startsWith("main."));
  return [
    "overview", "live", "findings", "owners", "owners?as=treemap", "owners?by=ways", "owners?by=table", "types", `objects?of=${encodeURIComponent(type?.type ?? "string")}`,
    "goroutines", "goroutines?rows=goroutines", "goroutines?rows=labels", "goroutines?rows=shares", `goroutine?id=${report.goroutines[0].goids[0]}`, "roots", "slices",
    "slices?rows=slice-places", "slices?rows=dangling", "spans", "spans?rows=span-classes", `span?at=${span}`, "cycles", "export", `object?at=${at}`,
    `why?what=${at}`, `why?what=type:${encodeURIComponent(type?.type ?? "string")}`, `under?what=${at}`, "flame", "flame?by=allocated", "flame?by=dominators&inverted=1", "flame?by=ways&without=runtime", "map", `map?from=${begin}&to=0x${(BigInt(begin) + 0x100000n).toString(16)}`,
    "evidence", `source?file=${encodeURIComponent(source.file)}&line=${source.line}`, `graph?what=${at}`, `graph?what=${at}&of=neighbourhood`, `query?sql=${encodeURIComponent(sql)}`,
  ];
}

const WALKS = {
  // Each screen says something, has no fault of accessibility in either theme, fits a telephone, and is the same after a reload.
  async screens(browser) {
    const page = await open(browser);
    await page.goto(url);
    await settled(page);
    const all = await places(page);
    for (const place of all) {
      await page.goto(new URL(`/0/${place}`, url).href);
      await settled(page);
      const said = await text(page, "main");
      if (said.length < 40) wrong(`${place} says only "${said}"`);
      if (await page.locator(".failure").count()) wrong(`${place} failed: ${await text(page, ".failure")}`);
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => window.axe.run());
        for (const { id, nodes } of violations) wrong(`${place}, ${colorScheme}: ${id}: ${nodes[0].html.slice(0, 150)}`);
      }
      await page.setViewportSize({ width: 360, height: 700 });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      if (wide > 360) wrong(`${place} is ${wide} pixels wide where there are 360`);
      await page.setViewportSize({ width: 1280, height: 900 });
    }
  },

  // Without a target: what there is to be looked at, and from there to a process and to a file.
  async opening(browser) {
    const [pid, file] = words;
    const page = await open(browser);
    await page.goto(url);
    await page.waitForFunction((number) => [...document.querySelectorAll("main td")].some(({ textContent }) => textContent === number), pid);
    const row = page.locator("main tr", { has: page.getByText(pid, { exact: true }) });
    await page.waitForFunction(() => [...document.querySelectorAll("main td")].some(({ textContent }) => / ms$/.test(textContent)));
    await page.evaluate(axe);
    for (const { id, nodes } of (await page.evaluate(() => window.axe.run())).violations) wrong(`open: ${id}: ${nodes[0].html.slice(0, 150)}`);
    await row.getByRole("button").click();
    await settled(page);
    await page.waitForFunction(() => location.pathname === "/0/overview");
    await page.keyboard.press("g");
    await page.keyboard.press("n");
    await page.getByRole("textbox", { name: "target" }).fill("no such process");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".failure");
    await page.getByRole("textbox", { name: "target" }).fill(file);
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => location.pathname === "/1/overview");
    await settled(page);
    if ((await page.locator("select.target option").count()) !== 2) wrong("there are not two targets");
    // The file can be opened from the list next time.
    await page.goto(new URL("/0/open", url).href);
    await page.getByRole("button", { name: `go to ${file}` }).click();
    await page.waitForFunction(() => location.pathname === "/1/overview");
    await page.reload();
    await settled(page);
  },

  // By clicks: from the link to the line that leaks.
  async clicks(browser) {
    const page = await open(browser);
    await page.goto(url);
    await settled(page);
    const line = words[0];
    await page.locator("#findings ~ ol a, section ol.lines a").first().click();
    await settled(page);
    if (!(await text(page, "main")).includes(line)) wrong(`the first finding does not name ${line}`);
    await page.locator(".card a", { hasText: "open" }).first().click();
    await page.waitForFunction(() => document.querySelector("main h1")?.textContent.startsWith("Why"));
    await page.goBack();
    await page.waitForFunction(() => document.querySelector("main h1")?.textContent === "Findings");
    await page.goForward();
    await page.waitForFunction(() => document.querySelector("main h1")?.textContent.startsWith("Why"));
    const before = await text(page, "main");
    await page.reload();
    await settled(page);
    if ((await text(page, "main")) !== before) wrong("a reload shows something else");
  },

  // By keys only: go to the types, filter, walk, open; search; the keys themselves.
  async keys(browser) {
    const page = await open(browser);
    await page.goto(url);
    await settled(page);
    await page.keyboard.press("g");
    await page.keyboard.press("t");
    await page.waitForSelector(".scroller tbody tr.chosen");
    const types = await ask(page, "/api/0/table?name=types&count=200");
    await page.focus(".scroller");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForFunction((name) => document.querySelector("main h1")?.textContent === name, types.types[1].type);
    await page.keyboard.press("Backspace");
    await page.waitForFunction(() => document.querySelector("main h1")?.textContent === "Types");
    const least = types.types[4].retained;
    await page.locator('input[aria-label="filter retained"]').focus();
    await page.keyboard.type(`>=${least}`);
    await page.keyboard.press("Enter");
    const matching = types.types.filter(({ retained }) => retained >= least).length;
    await page.waitForFunction((sum) => document.querySelector(".table-sum")?.textContent.startsWith(sum), `${matching} of ${types.rows} types`);
    await page.keyboard.press("Escape");
    await page.keyboard.press("/");
    await page.keyboard.type("goroutine 1");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelector("main h1")?.textContent.startsWith("Goroutine 1"));
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await page.waitForSelector("dialog[open]");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog[open]", { state: "detached" }).catch(() => wrong("Escape does not close the keys"));
    await page.keyboard.press("g");
    await page.keyboard.press("w");
    await page.waitForSelector(".icicle canvas");
    await page.focus(".icicle canvas");
    await page.keyboard.press("ArrowDown");
    const chosen = await text(page, ".icicle figcaption b");
    await page.keyboard.press("Enter");
    await page.waitForFunction((name) => document.querySelector(".crumbs")?.lastElementChild?.textContent === name, chosen);
    await page.keyboard.press("Backspace");
    await page.waitForFunction(() => document.querySelector(".crumbs")?.children.length === 1);
    // The same in a treemap, where the part that is chosen stays inside of the one above.
    await page.getByRole("button", { name: "treemap" }).click();
    await page.focus(".icicle canvas");
    await page.keyboard.press("ArrowDown");
    if ((await text(page, ".icicle figcaption b")) !== chosen) wrong("the largest part of the treemap is another one");
  },

  // A newcomer: from the link, by clicks on what stands first, to a line of the package that leaks.
  async newcomer(browser) {
    const [name, most] = words;
    const page = await open(browser);
    await page.goto(url);
    await settled(page);
    const line = new RegExp(`${name}\\b\\S* (or \\S+ )?fixture\\.go:\\d+`);
    const rail = (screen) => () => page.locator(".rail a", { hasText: screen }).click();
    const steps = [() => page.locator("section ol.lines a").first().click(), () => page.locator(".card a", { hasText: "open" }).first().click(), rail("Flame graph"), rail("Evidence")];
    let clicks = 0;
    for (const step of steps) {
      if (line.test(await text(page, "main"))) break;
      ++clicks;
      await step();
      await page.waitForTimeout(100);
      await settled(page);
    }
    if (!line.test(await text(page, "main"))) wrong(`no line of ${name} after ${clicks} clicks`);
    else if (clicks > Number(most)) wrong(`a line of ${name} took ${clicks} clicks`);
    else console.error(`${name}: ${clicks} clicks`);
  },

  // Further keys: trees, the palette, pins, rows beside, copies, what leads on from an object, the text of a crash.
  async habits(browser) {
    const page = await open(browser);
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.goto(url);
    await settled(page);
    const heading = (begin) => page.waitForFunction((text) => document.querySelector("main h1")?.textContent.startsWith(text), begin);
    const report = await ask(page, "/api/0/report");
    const at = report.holders.map(({ open }) => /0x[0-9a-f]+$/.exec(open ?? "")?.[0]).find(Boolean);
    // The palette: a part of a name, Enter.
    await page.keyboard.press("Control+k");
    await page.keyboard.type("address m");
    await page.keyboard.press("Enter");
    await heading("Address map");
    await settled(page);
    await page.keyboard.press("Control+k");
    await page.keyboard.type("type:main.Session");
    await page.keyboard.press("Enter");
    await heading("Why");
    // What leads on: what it keeps alive, as a tree that folds.
    await settled(page);
    await page.keyboard.press("d");
    await heading("What");
    await page.waitForSelector(".tree tr");
    const all = await page.locator(".tree tr").count();
    await page.focus('.tree tr[data-row="0"]');
    await page.keyboard.press("ArrowLeft");
    await page.waitForFunction(() => document.querySelectorAll(".tree tr").length === 1);
    await page.keyboard.press("*");
    await page.waitForFunction((rows) => document.querySelectorAll(".tree tr").length === rows, all);
    await page.keyboard.press("ArrowDown");
    if ((await page.evaluate(() => document.activeElement?.getAttribute("data-row"))) !== "1") wrong("an arrow does not walk in the tree");
    // A pin stays after a reload, and leads back.
    await page.keyboard.press("p");
    await page.waitForSelector(".pin");
    await page.reload();
    await settled(page);
    await page.goto(new URL("/0/types", url).href);
    await page.locator(".pin a").click();
    await heading("What");
    await page.locator(".pin button").click();
    await page.waitForSelector(".pin", { state: "detached" });
    // The rows beside the one that was opened.
    await page.goto(new URL("/0/types", url).href);
    await page.waitForSelector(".scroller tbody tr.chosen");
    const { types } = await ask(page, "/api/0/table?name=types&count=3");
    await page.focus(".scroller");
    await page.keyboard.press("Enter");
    await heading(types[0].type);
    await page.keyboard.press("]");
    await heading(types[1].type);
    await page.keyboard.press("]");
    await heading(types[2].type);
    await page.keyboard.press("[");
    await heading(types[1].type);
    // Copies of a table: as text with Ctrl-C, as Markdown from the menu.
    await page.goto(new URL("/0/types", url).href);
    await page.waitForSelector(".scroller tbody tr.chosen");
    await page.focus(".scroller");
    await page.keyboard.press("Control+c");
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    if (!copied.trimStart().startsWith("retained") || !copied.includes(types[1].type)) wrong(`Ctrl-C copies ${copied.slice(0, 80)}`);
    await page.locator(".scroller tbody tr.chosen td").first().click({ button: "right" });
    await page.getByRole("menuitem", { name: "copy the row as Markdown" }).click();
    if (!/^\| retained \|.*\n\| ---: \|/.test(await page.evaluate(() => navigator.clipboard.readText()))) wrong("the row is not copied as Markdown");
    // A share of what lives as a filter.
    await page.locator('input[aria-label="filter retained"]').fill(">=50%");
    await page.keyboard.press("Enter");
    const large = (await ask(page, "/api/0/table?name=types&count=200")).types.filter(({ retained }) => retained >= report.heap.reachable_bytes / 2).length;
    await page.waitForFunction((rows) => document.querySelector(".table-sum")?.textContent.startsWith(rows), `${large} of`);
    // The line of a crash leads to the object that it names, and to who names a slot that is free.
    await page.keyboard.press("Escape");
    await page.keyboard.press("/");
    await page.keyboard.type(`unexpected fault address ${at}`);
    await page.keyboard.press("Enter");
    await page.waitForFunction((address) => document.querySelector("main h1")?.textContent.endsWith(address), at);
    const spans = await ask(page, "/api/0/table?name=spans&count=1000");
    const span = spans.spans.find(({ slots, objects, slot }) => objects < slots && slot >= 64);
    const { picture } = await ask(page, `/api/0/span?at=${span.address}`);
    const free = `0x${(BigInt(span.address) + BigInt(span.slot) * BigInt(picture.indexOf("."))).toString(16)}`;
    const began = Date.now();
    await page.keyboard.press("/");
    await page.keyboard.press("Control+a");
    await page.keyboard.type(free);
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelector(".failure") && document.querySelector(".table-sum"));
    if (Date.now() - began > 3000) wrong(`it took ${Date.now() - began} ms to say who names ${free}`);
    if (!(await text(page, ".failure")).includes("free")) wrong(`of ${free} it says ${await text(page, ".failure")}`);
  },

  // The figures on the screens are those of the answers.
  async figures(browser) {
    const page = await open(browser);
    await page.goto(url);
    await settled(page);
    const report = await ask(page, "/api/0/report");
    const exact = await page.locator("section[aria-labelledby=account] .size").evaluateAll((all) => all.map(({ title }) => Number(title.replace(/\D/g, ""))));
    const sum = exact.reduce((a, b) => a + b, 0);
    if (report.account.known && Math.abs(sum - report.account.rss) > 0) wrong(`the parts on the page are ${sum} bytes, RSS is ${report.account.rss}`);
    const tree = await ask(page, "/api/0/tree?by=dominators");
    const drawn = tree.bytes.reduce((a, b) => a + b, 0);
    if (drawn !== report.heap.reachable_bytes) wrong(`the picture has ${drawn} bytes, ${report.heap.reachable_bytes} are live`);
    // A table is drawn at any place of it as the server has it.
    await page.goto(new URL("/0/roots", url).href);
    await page.waitForSelector(".scroller tbody tr.chosen");
    const whole = await ask(page, "/api/0/table?name=roots&count=1000");
    await page.focus(".scroller");
    await page.keyboard.press("End");
    const last = whole.roots.length - 1;
    await page.waitForFunction((row) => document.querySelector(`tr[aria-rowindex="${row}"]`), last + 2);
    const cells = await page.locator(`tr[aria-rowindex="${last + 2}"] td`).allInnerTexts();
    if (!cells.some((cell) => cell === whole.roots[last].kind)) wrong(`the last root is ${JSON.stringify(whole.roots[last])}, the page says ${cells}`);
  },

  // A second browser gets in by a link that the first one makes, and not by the one that was used.
  async browsers(browser) {
    const first = await open(browser);
    await first.goto(url);
    await settled(first);
    const other = await browser.newContext();
    const refused = await (await other.newPage()).goto(url);
    if (refused.status() !== 403) wrong(`a used link answers ${refused.status()}`);
    const page = await other.newPage();
    await page.goto((await ask(first, "/api/link")).url);
    await settled(page);
    if (!(await text(page, "main")).includes("Where the memory is")) wrong("the second browser shows no overview");
    if (page.url().includes("token")) wrong(`the token stays in ${page.url()}`);
  },

  // As many tabs as somebody likes: a browser has six connections to one server. When the one that listens is closed, another
  // one does, so that all still hear.
  async tabs(browser) {
    const context = await browser.newContext();
    const tabs = [];
    for (let number = 0; number < 9; ++number) {
      const page = await context.newPage();
      page.setDefaultTimeout(PATIENCE);
      await page.goto(number === 0 ? url : new URL("/0/types", url).href);
      await page.waitForSelector(number === 0 ? "main h2" : ".scroller tbody tr.chosen");
      tabs.push(page);
    }
    await tabs.shift().close();
    await tabs[3].getByRole("button", { name: "look again" }).click();
    for (const page of tabs) await page.waitForFunction(() => document.querySelector(".status")?.textContent.includes("look 2"));
  },

  // A live process: its counters come, it is looked at again, and when it ends the page stays and says so.
  async live(browser) {
    const page = await open(browser);
    await page.goto(url);
    await settled(page);
    await page.waitForSelector(".series");
    await page.getByRole("button", { name: "look again" }).click();
    await page.waitForFunction(() => document.querySelector(".status")?.textContent.includes("look 2"));
    await settled(page);
    process.kill(Number(words[0]), "SIGKILL");
    await page.waitForFunction(() => document.querySelector(".status")?.textContent.includes("has ended"));
    await page.keyboard.press("g");
    await page.keyboard.press("t");
    await page.waitForSelector(".scroller tbody tr.chosen");
  },

  // Look after look at a program that grows: what grows is told, each look has its place on the time line.
  async growing(browser) {
    const page = await open(browser);
    await page.goto(url);
    await page.waitForSelector("main h1");
    await page.goto(new URL("/0/live?every=2", url).href);
    await page.waitForSelector(".bubbles");
    await page.waitForFunction(() => document.querySelector(".status")?.textContent.includes("look 3"), null, { timeout: PATIENCE });
    await page.selectOption(".every select", "0");
    await page.waitForFunction(() => document.querySelector("section, main")?.textContent.includes("Grew most"));
    const grew = await page.locator(".live .lines li").allInnerTexts();
    if (!/^\+.*main\.cache/.test(grew[0] ?? "")) wrong(`what grew most is not main.cache: ${grew}`);
    if (!(await page.locator(".bubbles .state-stuck").count())) wrong("no shape is stuck");
    if (!(await page.locator(".bubbles .grown").count())) wrong("no shape has a ring");
    const flow = await text(page, ".flow");
    if (!/new since the look before/.test(flow)) wrong(`the flow is "${flow}"`);
    await page.locator(".wind input").fill("1");
    await page.waitForFunction(() => document.querySelector("main h1")?.textContent.includes("look 1:"));
    await page.waitForFunction(() => document.querySelectorAll(".bubbles .grown").length === 0);
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run());
    for (const { id, nodes } of violations) wrong(`live: ${id}: ${nodes[0].html.slice(0, 150)}`);
  },

  // Two looks at one program, one against the other; and what a reference keeps.
  async compared(browser) {
    const page = await open(browser);
    await page.goto(url);
    await settled(page);
    await page.goto(new URL("/1/compare", url).href);
    await page.waitForSelector("main select");
    await page.selectOption("main select", "0");
    await page.waitForFunction(() => document.querySelector("main")?.textContent.includes("By owner"));
    const said = await text(page, "main");
    if (!said.includes("one process")) wrong(`two looks at one process: ${said.slice(0, 200)}`);
    const first = await page.locator("section", { hasText: "By owner" }).locator("tr").first().innerText();
    if (!/^\+.*main\.cache/s.test(first)) wrong(`what grew most is "${first}"`);
    const owners = await ask(page, "/api/1/table?name=owners&count=1");
    if (owners.owners[0].name !== "main.cache") wrong(`the first owner is ${owners.owners[0].name}`);
    await page.goto(new URL("/1/cut?drop=global:main.cache", url).href);
    await settled(page);
    const cut = await ask(page, "/api/1/cut?drop=global:main.cache");
    if (cut.freed_bytes !== owners.owners[0].bytes) wrong(`the cut frees ${cut.freed_bytes}, main.cache has ${owners.owners[0].bytes}`);
    if (!(await text(page, "main")).includes("would be free")) wrong("the cut says nothing");
  },

  // The page as a file: it asks nobody, and says what it has no answer to.
  async offline(browser) {
    const page = await open(browser);
    page.on("request", (request) => {
      if (!request.url().startsWith("file:") && !request.url().startsWith("data:")) wrong(`it asks for ${request.url()}`);
    });
    await page.goto(url);
    await settled(page);
    if (!(await text(page, "main")).includes("Where the memory is")) wrong("the file shows no overview");
    for (const screen of ["findings", "owners", "types", "goroutines", "roots", "cycles"]) {
      await page.locator(`.rail a[href="#/0/${screen}"]`).click();
      await settled(page);
      if (await page.locator(".failure").count()) wrong(`${screen}: ${await text(page, ".failure")}`);
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run());
      for (const { id, nodes } of violations) wrong(`${screen}: ${id}: ${nodes[0].html.slice(0, 150)}`);
    }
    await page.locator('.rail a[href="#/0/types"]').click();
    await page.locator('input[aria-label="filter type"]').fill("main.Session");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => /^2 of/.test(document.querySelector(".table-sum")?.textContent ?? ""));
    await page.locator(".sorter", { hasText: "count" }).click();
    const most = await page.evaluate(() => {
      const { types } = JSON.parse(document.getElementById("answers").textContent)["table?name=types"];
      return Math.max(...types.filter(({ type }) => type.includes("main.Session")).map(({ count }) => count)).toLocaleString("en-US");
    });
    await page.waitForFunction((count) => document.querySelector("tr.chosen .is-count")?.textContent === count, most);
    await page.locator('.rail a[href="#/0/findings"]').click();
    await page.locator(".card a", { hasText: "open" }).first().click();
    await page.waitForFunction(() => document.querySelector("main h1")?.textContent.startsWith("Why"));
    await page.reload();
    await settled(page);
    await page.evaluate(() => {
      location.hash = "#/0/object?at=0x10";
    });
    await page.waitForFunction(() => document.querySelector(".failure")?.textContent.includes("has no answer to that"));
  },

  // A target that cannot be opened: the page says why, and is not blank.
  async failed(browser) {
    const page = await open(browser);
    await page.goto(url);
    await page.waitForSelector(".failure");
    const said = await text(page, "main");
    if (!said.includes(words[0])) wrong(`the page says "${said}" and not "${words[0]}"`);
  },
};

const browser = await playwright.chromium.launch({ executablePath: chromium });
try {
  await WALKS[walk](browser);
} catch (error) {
  wrong(`${walk}: ${error.message.split("\n").slice(0, 4).join(" ")}`);
} finally {
  await browser.close();
}
