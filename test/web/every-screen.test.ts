import { HtmlValidate } from 'html-validate';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axeViolations } from '../support/axe.ts';
import {
  findChromium,
  keepPicture,
  launchBrowser,
  openPerson,
  signInAt,
  variants,
  type Person,
} from '../support/browser.ts';
import { htmlRules } from '../support/html-rules.ts';
import { openPopulatedDesks, type PopulatedDesks } from '../support/populated-desks.ts';
import { everyScreen, type Screen } from './screens.ts';

let world: PopulatedDesks;
beforeAll(async () => {
  world = await openPopulatedDesks();
  const longTimes = { timeZone: 'Asia/Kolkata' };
  for (const name of ['alder', 'birch'] as const)
    await world.at(name).node.settings.change({ id: 'operator', name: 'operator' }, longTimes);
});
afterAll(async () => await world[Symbol.asyncDispose]());

const validator = new HtmlValidate(htmlRules);

test('every screen is valid HTML, with one heading and a title of its own that names the hospital', async () => {
  const wrong: string[] = [];
  const titles = new Map<string, Set<string>>();
  for (const { name, at, role, path } of everyScreen(world)) {
    const client = await world.at(at).client(role);
    const { text, status, headers } = await client.get(path);
    expect([200, 403, 404], `${name}: ${status}`).toContain(status);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    const { results } = await validator.validateString(text);
    for (const { messages } of results)
      for (const { ruleId, message, selector } of messages) wrong.push(`${name}: ${ruleId}: ${message} at ${selector}`);
    expect(text.match(/<h1[ >]/g), name).toHaveLength(1);
    const title = /<title>([^<]*)<\/title>/.exec(text)?.[1] ?? '';
    expect(title, name).toMatch(/ – (?:Alder|Birch) Hospital$/);
    const [place = ''] = path.split('?');
    const key = `${at} ${role ?? ''} ${title}`;
    titles.set(key, (titles.get(key) ?? new Set()).add(place));
  }
  expect(wrong).toEqual([]);
  expect([...titles.values()].filter((places) => places.size > 1)).toEqual([]);
});

describe.skipIf(findChromium() === undefined)('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(async () => await browser.close());

  test('every screen × every variant: no fault of axe, no error, nothing from elsewhere, nothing cut off', async () => {
    const faults: string[] = [];
    for (const group of byPerson(everyScreen(world))) {
      const [first] = group;
      if (first === undefined) continue;
      const desk = world.at(first.at);
      await using person = await openPerson(browser, desk.origin);
      if (first.role !== undefined) await signInAt(person, desk.users[first.role]);
      for (const each of group) faults.push(...(await look(person, each)));
    }
    expect(faults).toEqual([]);
  }, 600_000);
});

function byPerson(screens: readonly Screen[]): readonly (readonly Screen[])[] {
  return [...Map.groupBy(screens, ({ at, role }) => `${at} ${role ?? ''}`).values()];
}

/** A page that answers 403 or 404 by design is written to the console by the browser itself. */
const expectedTrouble = /^console: Failed to load resource: the server responded with a status of 40[34]/;

async function look(person: Person, { name, path }: Screen): Promise<readonly string[]> {
  const { page } = person;
  const faults: string[] = [];
  const before = person.troubles.length;
  for (const variant of variants) {
    await page.setViewportSize({ width: variant.width, height: variant.height });
    await page.emulateMedia({
      colorScheme: variant.dark === true ? 'dark' : 'light',
      forcedColors: variant.forced === true ? 'active' : 'none',
    });
    if (variant === variants[0]) await person.open(path);
    const where = `${name} (${variant.name})`;
    await keepPicture(person, `${name}-${variant.name}`);
    for (const violation of await axeViolations(page)) faults.push(`${where}: ${violation}`);
    const width = Number(await page.evaluate('document.documentElement.scrollWidth'));
    if (width > variant.width) faults.push(`${where}: ${width} pixels wide`);
  }
  const isRefusal = ['not-found', 'denied'].includes(name);
  for (const trouble of person.troubles.slice(before))
    if (!isRefusal || !expectedTrouble.test(trouble)) faults.push(`${name}: ${trouble}`);
  return faults;
}
