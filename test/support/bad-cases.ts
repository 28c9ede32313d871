import { parseBase64Url, toBase64Url } from '../../protocol/bytes.ts';
import { Part, loadVectors, pointerNames } from './vectors.ts';

/** One thing that must be refused: `change` is made to a copy of the part that `base` names (vectors/README). */
export interface BadCase {
  readonly name: string;
  readonly section: number;
  readonly base: string;
  readonly change: readonly Step[];
  readonly expect: string;
}

interface Step {
  readonly op: 'set' | 'copy' | 'replace' | 'append' | 'remove' | 'flip' | 'resize' | 'append64';
  readonly at: string;
  readonly value?: unknown;
  readonly from?: string;
  readonly find?: string;
  readonly with?: string;
  readonly text?: string;
  readonly bit?: number;
  readonly size?: number;
}

/** The bad cases whose base is `prefix` or lies under it, in the file's order. */
export function badCases(prefix: string): BadCase[] {
  const all = loadVectors().at('/bad').value as BadCase[];
  return all.filter(({ base }) => base === prefix || base.startsWith(`${prefix}/`));
}

/** The part that the case names, changed; what the case does not name stays as it is. */
export function applyChange(vectors: Part, { base, change }: Pick<BadCase, 'base' | 'change'>): Part {
  const holder = { part: structuredClone(vectors.at(base).value) };
  for (const step of change) applyStep(vectors, holder, step);
  return new Part(holder.part, `changed ${base}`);
}

function applyStep(vectors: Part, holder: { part: unknown }, step: Step): void {
  const names = ['part', ...pointerNames(step.at)];
  const last = names.pop() ?? 'part';
  let parent: unknown = holder;
  for (const name of names) parent = (parent as Record<string, unknown>)[name];
  const target = parent as Record<string, unknown>;
  if (step.op === 'remove') {
    if (!Object.hasOwn(target, last)) throw new Error(`nothing to remove at ${step.at}`);
    if (Array.isArray(target)) target.splice(Number(last), 1);
    else delete target[last];
    return;
  }
  target[last] = changed(vectors, target[last], step);
}

function changed(vectors: Part, old: unknown, step: Step): unknown {
  if (step.op === 'set') return structuredClone(step.value);
  if (step.op === 'copy') return structuredClone(vectors.at(step.from ?? '').value);
  if (typeof old !== 'string') throw new Error(`${step.op} at ${step.at}: not text`);
  switch (step.op) {
    case 'replace':
      return replaceOnce(old, step.find ?? '', step.with ?? '');
    case 'append':
      return old + (step.text ?? '');
    case 'flip':
      return toBase64Url(flipBit(parseBase64Url(old), step.bit ?? 0));
    case 'resize': {
      const sized = new Uint8Array(step.size ?? 0);
      sized.set(parseBase64Url(old).subarray(0, sized.length));
      return toBase64Url(sized);
    }
    case 'append64':
      return toBase64Url(Uint8Array.of(...parseBase64Url(old), ...parseBase64Url(String(step.value))));
    case 'remove':
      throw new Error(`${step.at} is removed, not changed`);
  }
}

function replaceOnce(text: string, find: string, by: string): string {
  const pieces = text.split(find);
  if (find === '' || pieces.length !== 2) throw new Error(`expected once: ${find}`);
  return pieces.join(by);
}

/** A copy with bit `bit & 7` (0 = least significant) of byte `bit >> 3` inverted. */
export function flipBit(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = new Uint8Array(bytes);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}
