/**
 * Lets Node run the desk's pages from source (`node --import ./scripts/register-tsx.mjs …`): it strips types by itself,
 * but knows no TSX. For tests and benchmarks alone; what hospitals run is compiled (`npm run build`).
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'rolldown/utils';

registerHooks({
  load(url, context, nextLoad) {
    if (!url.endsWith('.tsx')) return nextLoad(url, context);
    const path = fileURLToPath(url);
    const jsx = { runtime: 'automatic', importSource: 'hono/jsx' };
    const { code, errors } = transformSync(path, readFileSync(path, 'utf8'), { lang: 'tsx', jsx });
    if (errors.length > 0) throw new SyntaxError(`${path}: ${errors[0]?.message}`);
    return { format: 'module', source: code, shortCircuit: true };
  },
});
