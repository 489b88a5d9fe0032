// Measures one page in Chromium, as bench/web/run asks: node measure.mjs MODULES CHROMIUM. It says "ready" when the browser
// runs; then each line of its input is a job as JSON, and each line that it prints the figures of one, in milliseconds.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [modules, chromium] = process.argv.slice(2);
const playwright = createRequire(`${modules}/`)("playwright-core");
const browser = await playwright.chromium.launch({ executablePath: chromium });
const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
context.setDefaultTimeout(60_000);

// Everything is timed inside of the page, from the browser's own time of the event to the frame that shows the answer.
const CLOCK = `
  window.timed = [];
  window.frames = [];
  let last = 0;
  const tick = (now) => {
    if (last) frames.push(now - last);
    last = now;
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
  window.shown = () => !document.querySelector("main .waiting") && document.querySelector("main h1") !== null;
  // Until the page says something else than before, and waits for nothing.
  window.until = (begin, before, say) => {
    const look = () => {
      // A screen that says why it shows nothing is no answer.
      if (document.querySelector("main .failure")) timed.push(30000);
      else if (shown() && say() !== before) timed.push(performance.now() - begin);
      else if (performance.now() - begin < 30000) requestAnimationFrame(look);
      else timed.push(30000);
    };
    requestAnimationFrame(look);
  };
`;

const open = async (url) => {
  const page = await context.newPage();
  await page.goto(url, { waitUntil: "commit" });
  return page;
};

const quiet = (page) => page.waitForFunction(() => !document.querySelector("main .waiting") && document.querySelector("main h1"));

async function timed(page, event, say, act) {
  const many = await page.evaluate(() => timed.length);
  await page.evaluate(
    ([name, code]) => {
      const tell = new Function(`return ${code}`);
      const before = tell();
      addEventListener(name, (happened) => until(happened.timeStamp, before, tell), { once: true, capture: true });
    },
    [event, say],
  );
  await act();
  await page.waitForFunction((before) => timed.length > before, many);
  return page.evaluate(() => timed.at(-1));
}

const JOBS = {
  // From the start of the command, whose time is given, to the account, to what holds the memory, and to its picture.
  async first({ url, began }) {
    const page = await open(url);
    const out = {};
    await page.waitForSelector("#counted, #account");
    out.counters = Date.now() - began;
    await page.waitForSelector("#account");
    out.account = Date.now() - began;
    await page.waitForSelector("#holders");
    out.owners = Date.now() - began;
    await page.goto(new URL("/0/owners", url).href, { waitUntil: "commit" });
    await page.waitForFunction(() => document.querySelector(".icicle canvas")?.width > 300);
    out.picture = Date.now() - began;
    await page.close();
    return out;
  },

  async interact({ url, place, objects, times }) {
    const page = await open(new URL(`/0/${place}`, url).href);
    await quiet(page);
    await page.evaluate(CLOCK);
    const canvas = page.locator(".icicle canvas");
    const box = await canvas.boundingBox();
    const hover = [];
    const caption = 'document.querySelector("figcaption b").parentElement.textContent';
    let unchanged = 0;
    for (let i = 0; hover.length < times && unchanged < times; ++i) {
      await page.evaluate(() => (window.moved = null));
      await page.evaluate(
        ([code]) => {
          const tell = new Function(`return ${code}`);
          const old = tell();
          addEventListener(
            "mousemove",
            (event) => {
              const look = () => {
                if (tell() !== old) window.moved = performance.now() - event.timeStamp;
                else if (performance.now() - event.timeStamp < 2000) requestAnimationFrame(look);
                else window.moved = -1; // the same part, or later than two seconds
              };
              requestAnimationFrame(look);
            },
            { once: true, capture: true },
          );
        },
        [caption],
      );
      await page.mouse.move(box.x + ((i * 389) % box.width), box.y + 5 + ((i * 22) % Math.max(30, box.height - 10)));
      const took = await page.waitForFunction(() => window.moved).then((handle) => handle.jsonValue());
      if (took > 0) hover.push(took);
      else ++unchanged;
    }
    const click = [];
    const heading = 'document.querySelector("main h1").textContent + (document.querySelector(".crumbs")?.textContent ?? "")';
    const screens = ["Types", "Goroutines", "Globals and roots", "Spans", "Flame graph", "Address map", "Findings", "Owners"];
    for (const name of [...screens, ...screens, ...screens])
      click.push([name, await timed(page, "click", heading, () => page.locator(".rail a", { hasText: name }).click())]);
    // Into parts of the icicle and of the treemap, and out again.
    await page.evaluate(() => (frames.length = 0));
    for (let i = 0; i < 12; ++i) {
      if (i === 6) await timed(page, "click", "document.querySelector('.views button[aria-pressed=true]')?.textContent + document.querySelector('canvas')?.height", () => page.getByRole("button", { name: "treemap" }).click());
      const area = await page.locator(".icicle canvas").boundingBox();
      const at = { x: area.width / 4, y: 22 * 1.5 };
      click.push(["into a part", await timed(page, "click", heading, () => page.locator(".icicle canvas").click({ position: at })).catch(() => 30000)]);
      await timed(page, "click", heading, () => page.locator(".crumbs button").first().click());
    }
    const zoom = await page.evaluate(() => frames.slice());
    // Scrolling a table of very many rows.
    await page.goto(new URL(`/0/objects?of=${encodeURIComponent(objects)}`, url).href);
    await page.waitForSelector(".scroller tbody tr.chosen");
    await page.evaluate(CLOCK);
    const row = 'location.pathname + location.search + (document.querySelector("main h1")?.textContent ?? "")';
    const scroller = await page.locator(".scroller").boundingBox();
    await page.mouse.move(scroller.x + 200, scroller.y + 200);
    await page.evaluate(() => (frames.length = 0));
    for (let i = 0; i < 60; ++i) {
      await page.mouse.wheel(0, 400);
      await page.waitForTimeout(16);
    }
    const scroll = await page.evaluate(() => frames.slice());
    await page.waitForTimeout(500);
    await page.evaluate(() => document.querySelector(".scroller").scrollTo(0, 4_000_000));
    await page.waitForFunction(() => document.querySelector(".scroller tbody td a"));
    for (let i = 0; i < 5; ++i) {
      await page.waitForFunction(() => document.querySelector(".scroller tbody td a"));
      await page.waitForTimeout(300);
      click.push(["an object", await timed(page, "click", row, () => page.locator(".scroller tbody td a").nth(i).click())]);
      await page.goBack();
      await page.waitForSelector(".scroller tbody tr.chosen");
      await page.evaluate(() => document.querySelector(".scroller").scrollTo(0, 2_000_000));
    }
    await page.close();
    return { hover, unchanged, click, scroll, zoom };
  },

  // A page of another tool: until something that it draws is there.
  async peer({ url, selector, began }) {
    const page = await open(url);
    await page.waitForSelector(selector);
    const took = Date.now() - began;
    await page.close();
    return { picture: took };
  },
};

console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const job = JSON.parse(line);
  try {
    console.log(JSON.stringify(await JOBS[job.job](job)));
  } catch (error) {
    console.log(JSON.stringify({ error: error.message.split("\n")[0] }));
  }
}
await browser.close();
