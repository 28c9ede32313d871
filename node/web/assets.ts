import { sha256 } from '../../protocol/crypto/hash.ts';
import { parseUtf8, utf8 } from '../../protocol/bytes.ts';
import { compressedOnce } from './http/compress.ts';

/** A file of the desk's own scripts and styles, as `platform/page-files.ts` read it. */
export interface PageFile {
  /** Below `assets/`, with `/` between: `live.js`, `styles/table.css`. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface Asset {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly gzip: Uint8Array<ArrayBuffer>;
}

export interface PageAssets {
  /** Path of the one stylesheet. */
  readonly styles: string;
  /** Path of a module by its name without ending; throws for one that is not there. */
  script(name: string): string;
  find(hashedName: string): Asset | undefined;
  readonly all: readonly Asset[];
}

/** Styles in the order of their layers: what comes later may refine what came before. */
const styleOrder = ['tokens', 'base', 'layout', 'form', 'table', 'panel'];
const lastStyles = ['screens', 'print'];
const importForm = /(\bfrom\s*|\bimport\s*\(?\s*|new URL\(\s*)'\.\/([a-z0-9-]+)\.js'/g;
const hashLetters = 16;

/** Names each file by its content, so that a browser keeps it for ever and never has half of two versions. */
export function nameAssets(files: readonly PageFile[]): PageAssets {
  const assets = new Map<string, Asset>();
  const paths = new Map<string, string>();
  const add = (stem: string, ending: string, type: string, text: string): string => {
    const bytes = utf8(text) as Uint8Array<ArrayBuffer>;
    const name = `${stem}-${sha256(bytes).toHex().slice(0, hashLetters)}.${ending}`;
    assets.set(name, { name, type, bytes, gzip: compressedOnce(bytes) });
    return `/assets/${name}`;
  };
  const sources = new Map(
    files
      .filter(({ name }) => name.endsWith('.js'))
      .map(({ name, bytes }) => [name.slice(0, -3), parseUtf8(bytes)] as const),
  );
  const nameScript = (stem: string, within: readonly string[]): string => {
    const known = paths.get(stem);
    if (known !== undefined) return known;
    const source = sources.get(stem);
    if (source === undefined || within.includes(stem)) throw new TypeError(`no module ${stem}, or modules in a circle`);
    const text = source.replaceAll(
      importForm,
      (_, before: string, other: string) => `${before}'${nameScript(other, [...within, stem])}'`,
    );
    const path = add(stem, 'js', 'text/javascript; charset=utf-8', text);
    paths.set(stem, path);
    return path;
  };
  for (const stem of sources.keys()) nameScript(stem, []);
  const styles = add('app', 'css', 'text/css; charset=utf-8', joinStyles(files));
  return {
    styles,
    script: (name) => {
      const path = paths.get(name);
      if (path === undefined) throw new TypeError(`there is no module ${name}`);
      return path;
    },
    find: (name) => assets.get(name),
    all: [...assets.values()],
  };
}

function joinStyles(files: readonly PageFile[]): string {
  const sheets = new Map(
    files
      .filter(({ name }) => name.endsWith('.css'))
      .map(({ name, bytes }) => [name.replace(/^.*\//, '').slice(0, -4), parseUtf8(bytes)] as const),
  );
  const others = [...sheets.keys()]
    .filter((name) => !styleOrder.includes(name) && !lastStyles.includes(name))
    .toSorted();
  return [...styleOrder, ...others, ...lastStyles]
    .map((name) => sheets.get(name) ?? '')
    .map(squeeze)
    .join('\n');
}

/** Comments and indentation are for readers of the source. */
function squeeze(css: string): string {
  return css
    .replaceAll(/\/\*[^]*?\*\//g, '')
    .replaceAll(/\n\s+/g, '\n')
    .replaceAll(/\n{2,}/g, '\n')
    .trim();
}
