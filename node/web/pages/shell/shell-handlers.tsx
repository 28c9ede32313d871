import { page } from '../../answer.ts';
import { acceptsGzip } from '../../http/compress.ts';
import type { HandlersOf } from '../../route.ts';
import type { shellRoutes } from '../../routes/shell-routes.ts';
import { HelpPage } from './help.tsx';

const forEver = 'public, max-age=31536000, immutable';
const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="none" stroke="#2a8aa3" stroke-width="1.500" stroke-linecap="round" d="M8 15V2M8 5 4 3M8 5l4-2M8 8.500 3 6M8 8.500 13 6M8 12 4 9.500M8 12l4-2.500"/></svg>`;

export const shellHandlers: HandlersOf<typeof shellRoutes> = {
  asset: (visit, desk) => {
    const asset = desk.assets.find(visit.param('file'));
    if (asset === undefined) return new Response('There is no such file.\n', { status: 404 });
    const headers = { 'content-type': asset.type, 'cache-control': forEver, vary: 'accept-encoding' };
    return acceptsGzip(visit.header('accept-encoding'))
      ? new Response(asset.gzip, { headers: { ...headers, 'content-encoding': 'gzip' } })
      : new Response(asset.bytes, { headers });
  },
  favicon: () =>
    new Response(icon, { headers: { 'content-type': 'image/svg+xml', 'cache-control': 'public, max-age=86400' } }),
  help: (visit) => page({ title: 'Help' }, <HelpPage visit={visit} />),
};
