import type { Child } from 'hono/jsx';
import { htmlOf } from './answer.ts';
import { InZone } from './components/zone.tsx';
import type { DeskServices } from './desk-services.ts';

/** A part of a page, for modules that renew it in place: by the same clock as the page. */
export async function fragment({ settings }: Pick<DeskServices, 'settings'>, body: Child): Promise<Response> {
  const html = await htmlOf(<InZone zone={await settings.zone()}>{body}</InZone>);
  return new Response(html, { headers: { 'content-type': 'text/html; charset=utf-8' } });
}
