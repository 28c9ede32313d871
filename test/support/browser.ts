import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { leftOut } from './left-out.ts';

const places = [
  process.env['CHROMIUM_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

/** Where a real Chromium lies; `undefined`, said in the last line of the run, where there is none. */
export function findChromium(): string | undefined {
  const found = places.find((path) => path !== undefined && existsSync(path));
  if (found === undefined) leftOut('screens in a real browser', 'no Chromium: install it or name it in CHROMIUM_PATH');
  return found;
}

export async function launchBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('there is no Chromium');
  const quiet = [
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  return await chromium.launch({ executablePath, args: ['--no-sandbox', ...quiet] });
}

export interface Variant {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly dark?: boolean;
  readonly forced?: boolean;
}

/** How every screen is looked at (Node §13.6). */
export const variants: readonly Variant[] = [
  { name: 'desktop', width: 1366, height: 768 },
  { name: 'phone', width: 390, height: 844 },
  { name: 'narrow', width: 320, height: 640 },
  { name: 'dark', width: 1366, height: 768, dark: true },
  { name: 'forced', width: 1366, height: 768, forced: true },
];

/** A person at a browser: a context of their own, and everything that went wrong in it. */
export interface Person extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Console errors, CSP reports, failed scripts, dialogs and requests to other origins. */
  readonly troubles: readonly string[];
  open(path: string): Promise<void>;
}

export interface PersonOptions {
  readonly variant?: Variant;
  readonly withoutScripts?: boolean;
}

/** So long a person looks for something before giving up, with the reason. */
const actMsMax = 12_000;
const allowedSchemes = /^(?:blob|data|about):/;

export async function openPerson(browser: Browser, origin: string, options: PersonOptions = {}): Promise<Person> {
  const { variant = variants[0], withoutScripts = false } = options;
  const context = await browser.newContext({
    viewport: { width: variant?.width ?? 1366, height: variant?.height ?? 768 },
    colorScheme: variant?.dark === true ? 'dark' : 'light',
    forcedColors: variant?.forced === true ? 'active' : 'none',
    javaScriptEnabled: !withoutScripts,
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(actMsMax);
  const troubles: string[] = [];
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') troubles.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => troubles.push(`script: ${error.message}`));
  page.on('dialog', (dialog) => {
    troubles.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !allowedSchemes.test(url)) troubles.push(`another origin: ${url}`);
  });
  return {
    page,
    context,
    troubles,
    open: async (path) => {
      await page.goto(new URL(path, origin).href);
    },
    [Symbol.asyncDispose]: async () => await context.close(),
  };
}

/** Signs in as a person does, by keyboard. */
export async function signInAt(
  person: Person,
  user: { readonly login: string; readonly password: string },
): Promise<void> {
  await person.open('/sign-in');
  await person.page.getByLabel('Login').fill(user.login);
  await person.page.getByLabel('Password', { exact: true }).fill(user.password);
  await person.page.keyboard.press('Enter');
  await person.page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
}

const screens = join(import.meta.dirname, '..', '..', '.test-output', 'screens');

/** Keeps a picture of the whole page, to be looked at. */
export async function keepPicture({ page }: Person, name: string): Promise<string> {
  mkdirSync(screens, { recursive: true });
  const path = join(screens, `${name}.png`);
  await page.screenshot({ path, fullPage: true });
  return path;
}
