import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { HtmlValidate } from 'html-validate';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPageFiles } from '../../../node/platform/page-files.ts';
import { htmlOf } from '../../../node/web/answer.ts';
import { nameAssets } from '../../../node/web/assets.ts';
import type { DeskServices } from '../../../node/web/desk-services.ts';
import { deskHeaders } from '../../../node/web/http/headers.ts';
import { Frame } from '../../../node/web/layout/frame.tsx';
import { axeViolations } from '../../support/axe.ts';
import { findChromium, keepPicture, launchBrowser, openPerson, variants } from '../../support/browser.ts';
import { htmlRules } from '../../support/html-rules.ts';
import { gallery } from './gallery.tsx';

const assets = nameAssets(readPageFiles());
/** Only what the frame of a page asks of a node. */
const desk = { assets, own: { title: 'Gallery Hospital', name: 'gallery.example' } } as unknown as DeskServices;
const html = `<!doctype html>${await htmlOf(Frame({ desk, visit: undefined, answer: gallery() }))}`;

test('every component is valid HTML', async () => {
  const report = await new HtmlValidate(htmlRules).validateString(html);
  expect(
    report.results.flatMap(({ messages }) =>
      messages.map(({ ruleId, message, line }) => `${line} ${ruleId}: ${message}`),
    ),
  ).toEqual([]);
});

test('text of others stands in its own direction, and what would turn or hide it is shown', () => {
  expect(html).toContain(
    '<bdi>Turned ⟨U+202E⟩round, hidden⟨U+200B⟩, &lt;b&gt;markup&lt;/b&gt; and ⟨U+0007⟩ a bell</bdi>',
  );
});

test('a text that begins with an empty line keeps it in its field', () => {
  expect(html).toContain('>\n\nBegins with an empty line</textarea>');
});

describe.skipIf(findChromium() === undefined)('in a browser', () => {
  const app = new Hono();
  app.use(deskHeaders);
  app.get('/assets/:file', (context) => {
    const asset = assets.find(context.req.param('file'));
    return asset === undefined
      ? context.notFound()
      : new Response(asset.bytes, { headers: { 'content-type': asset.type } });
  });
  app.get('/favicon.ico', (context) => context.body(null, 204));
  app.get('/gallery', (context) => context.html(html));
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    server.close();
  });

  test.each(variants)('every component can be seen, heard and used: $name', async (variant) => {
    const { port } = server.address() as AddressInfo;
    await using person = await openPerson(browser, `http://127.0.0.1:${port}`, { variant });
    await person.open('/gallery');
    await keepPicture(person, `gallery-${variant.name}`);
    expect(await axeViolations(person.page)).toEqual([]);
    expect(person.troubles).toEqual([]);
    const width = await person.page.evaluate('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(variant.width);
  });

  test('from right to left as well', async () => {
    const { port } = server.address() as AddressInfo;
    await using person = await openPerson(browser, `http://127.0.0.1:${port}`, {});
    await person.open('/gallery');
    await person.page.evaluate(`document.documentElement.setAttribute('dir', 'rtl')`);
    await keepPicture(person, 'gallery-rtl');
    expect(await axeViolations(person.page)).toEqual([]);
    expect(await person.page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(1366);
  });

  test('a page that was refused has the focus on what is wrong', async () => {
    const { port } = server.address() as AddressInfo;
    await using person = await openPerson(browser, `http://127.0.0.1:${port}`, {});
    await person.open('/gallery');
    await person.page.locator('#errors:focus').waitFor();
  });
});
