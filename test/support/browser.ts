import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { chromiumProgram } from '../../scripts/stack/chromium.ts';
import { waitUntil } from './wait-until.ts';

/** Names the elements that reach over the right edge of the window, and the page itself where it scrolls sideways. */
const tooWide = `(() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  const wide = [...document.querySelectorAll('body *')].filter((each) => {
    const { right, width } = each.getBoundingClientRect();
    return width > 1 && right > clientWidth + 0.5;
  });
  const names = wide.map((each) => each.dataset?.field ?? (each.className || each.tagName) + ': ' + each.textContent.trim().slice(0, 40));
  return scrollWidth > clientWidth ? ['page of ' + scrollWidth, ...names] : names;
})()`;

/** A status page in a tab of its own; what it reports as an error, and what it asks of anybody else, is kept. */
export class StatusTab {
  readonly page: Page;
  readonly errors: string[] = [];
  /** Requests to any other place than the page's own. */
  readonly strays: string[] = [];
  readonly #context: BrowserContext;

  private constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
  }

  static async open(browser: Browser, port: number, isDark = false): Promise<StatusTab> {
    const colorScheme = isDark ? 'dark' : 'light';
    const context = await browser.newContext({ colorScheme, viewport: { width: 1200, height: 900 } });
    const page = await context.newPage();
    const tab = new StatusTab(context, page);
    const origin = `http://127.0.0.1:${port}`;
    page.on('pageerror', (error) => tab.errors.push(String(error)));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) tab.errors.push(message.text());
    });
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(`${origin}/`) && !url.startsWith('data:')) tab.strays.push(url);
    });
    await page.goto(`${origin}/`);
    return tab;
  }

  /** The text of an element by its data-field; empty where it cannot be seen. */
  async text(field: string): Promise<string> {
    const element = this.page.locator(`[data-field="${field}"]`);
    return (await element.isVisible()) ? element.innerText() : '';
  }

  /** Waits until an element's text matches. Rejects with the text that it has. */
  async shows(field: string, expected: RegExp, timeoutMs = 20_000): Promise<string> {
    let last = '';
    const look = async (): Promise<string | null> => {
      last = await this.text(field);
      return expected.test(last) ? last : null;
    };
    return waitUntil(look, { timeoutMs, what: field, everyMs: 50 }).catch((cause: unknown) => {
      throw new Error(`${field} is "${last}" and not ${expected}`, { cause });
    });
  }

  /** The cells of a table, row by row, as they are seen. */
  async rows(name: string): Promise<string[][]> {
    const rows = await this.page.locator(`[data-field="${name}"] tr:visible`).all();
    return Promise.all(rows.map((row) => row.locator('td').allInnerTexts()));
  }

  /** What does not fit into a window of the width; the tab stays as wide. */
  async overflow(width: number): Promise<string[]> {
    await this.page.setViewportSize({ width, height: 900 });
    return this.page.evaluate<string[]>(tooWide);
  }

  /** How high the line of a curve reaches, of its 116 units; 0: there is no line above the ground. */
  async height(curve: string): Promise<number> {
    const paths = await this.page.locator(`[data-curve="${curve}"] path.line`).all();
    const lines = await Promise.all(paths.map((path) => path.getAttribute('d')));
    const ys = lines.flatMap((line) => [...(line ?? '').matchAll(/ ([\d.]+)/g)].map(([, y]) => Number(y)));
    return 120 - Math.min(120, ...ys);
  }

  async close(): Promise<void> {
    await this.#context.close();
  }
}

export async function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: await chromiumProgram() });
}
