import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as bundleLimits from '../../protocol/bundle/limits.ts';
import { bundleKinds, priorities } from '../../protocol/bundle/manifest.ts';
import { noticeNames } from '../../protocol/bundle/notice.ts';
import * as terms from '../../protocol/bundle/fhir/terms.ts';
import { keyUses } from '../../protocol/card.ts';
import { endpoints, type Body } from '../../protocol/http/endpoints.ts';
import * as httpLimits from '../../protocol/http/limits.ts';
import { mediaTypes } from '../../protocol/http/media-types.ts';
import { problems } from '../../protocol/http/problem.ts';
import { targetOf, type Route, type RouteName } from '../../protocol/http/routes.ts';
import { parseBundleId } from '../../protocol/ids.ts';
import { messageRules } from '../../protocol/json.ts';
import { leafTypes } from '../../protocol/log/entry.ts';
import { localKinds } from '../../protocol/log/record.ts';
import { transferStates } from '../../protocol/messages.ts';
import { loadVectors } from '../support/vectors.ts';
import { projectFileExists, projectFiles, readProjectFile } from '../layout/sources.ts';

/*
 * The specification against the code and the vectors: what the code names stands in the text with its value, and every
 * worked example is a copy of its vector. The text may say more than the code; it may not say less or otherwise.
 */
const specification = readProjectFile('protocol/README.md');
const clinical = readProjectFile('protocol/bundle/README.md');
const both = `${specification}\n${clinical}`;
const vectors = loadVectors();

const rows = both
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.slice(2, -2).split(' | '));

/** The rows whose first cell is this code. */
function rowsOf(code: string): readonly (readonly string[])[] {
  return rows.filter(([first]) => first === `\`${code}\``);
}

/** As the tables write it: 65,536. */
function written(value: number): string {
  return value.toLocaleString('en-US');
}

test.each(Object.entries(problems))('%s stands in the table of problems with its status and title', (code, problem) => {
  const found = rowsOf(code).filter(([, status]) => status === String(problem.status));
  expect(found.map(([, , title]) => title)).toEqual([problem.title]);
});

describe('routes', () => {
  const uuid = '5f6a4c1e-9c2d-4a59-8a39-0d2a6c6b9f11';
  const bundle = parseBundleId(uuid);
  const hex = 'ab'.repeat(32);
  const tile = { level: 3, n: 7, width: 256 } as const;
  /** One of each; a route that is missing here does not compile. */
  const samples: { readonly [Name in RouteName]: Route & { readonly name: Name } } = {
    getCard: { name: 'getCard' },
    putCard: { name: 'putCard' },
    resync: { name: 'resync' },
    addCheckpoint: { name: 'addCheckpoint' },
    putManifest: { name: 'putManifest', bundle },
    putDocument: { name: 'putDocument', bundle },
    commit: { name: 'commit', bundle },
    putAtOnce: { name: 'putAtOnce', bundle },
    getBundle: { name: 'getBundle', bundle },
    deleteBundle: { name: 'deleteBundle', bundle },
    putChunk: { name: 'putChunk', bundle, attachment: 81, chunk: 92 },
    pair: { name: 'pair', invitation: new Uint8Array(16) },
    getCheckpoint: { name: 'getCheckpoint', log: 1 },
    getTile: { name: 'getTile', log: 1, tile: { kind: 'hashes', ...tile } },
    getEntries: { name: 'getEntries', log: 1, tile: { kind: 'entries', ...tile, level: 0 } },
    getWitnessedCheckpoint: { name: 'getWitnessedCheckpoint', originHash: hex },
    getWitnessedEntries: { name: 'getWitnessedEntries', originHash: hex, start: 81 },
    getAuditRecords: { name: 'getAuditRecords', query: '' },
  };
  /** A documented target with the sample's values put in and the optional parts left out. */
  const filled = (target: string): string =>
    target
      .replaceAll(/\[[^\]]*\]/g, '')
      .replace('{uuid}', uuid)
      .replace('{hex}', hex)
      .replace('{log}', '/log')
      .replace('{L}', '3')
      .replace('{N}', '007')
      .replace('/pairing/v1/{i}', '/pairing/v1/AAAAAAAAAAAAAAAAAAAAAA')
      .replace('{n}', '81')
      .replace('{i}', '92');
  const bodyText = (body: Body | undefined): string => {
    if (body === undefined) return '–';
    return `${body.type === 'any' ? 'any' : `\`${body.type}\``} ${written(body.bytesMax)}`;
  };

  test.each(Object.values(samples))('$name stands in the catalogue as the code has it', (route) => {
    const { method, access, request, answer } = endpoints[route.name];
    const [row] = rowsOf(route.name).filter((cells) => cells.length === 6);
    const [documentedMethod, target] = row?.[1]?.replaceAll('`', '').split(' ') ?? [];
    expect([documentedMethod, filled(target ?? '')]).toEqual([method, targetOf(route)]);
    expect(row?.slice(2, 5)).toEqual([access, bodyText(request), bodyText(answer)]);
  });

  test('the media types are those of the code', () => {
    expect(Object.values(mediaTypes).filter((type) => rowsOf(type).length !== 1)).toEqual([]);
  });
});

describe('limits', () => {
  const exported = { ...httpLimits, ...bundleLimits };
  /** Named limits that stand beside the code that keeps them; plain products of whole numbers. */
  const inline = projectFiles()
    .filter((path) => /^protocol\/.*\.ts$/.test(path) && !path.endsWith('/limits.ts'))
    .flatMap((path) =>
      [...readProjectFile(path).matchAll(/^(?:export )?const ([a-z]\w*Max) = ([0-9x_a-f* ]+);/gm)].map(
        ([, name = '', product = '']): [string, number] => [
          name,
          product.split('*').reduce((value, factor) => value * Number(factor.replaceAll('_', '')), 1),
        ],
      ),
    );
  const all: [string, number][] = [
    ...Object.entries(exported).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
    ...inline,
  ];
  /** No part of the protocol: how the code spells numbers, and how much it does without giving others a turn. */
  const notLimits = new Set(['int32Max', 'atOnceBytesMax', 'outputAtOnceBytesMax']);

  test('the code has limits to hold the text against', () => {
    expect(all.length).toBeGreaterThan(60);
    expect(inline.map(([name]) => name)).toContain('titleLengthMax');
  });

  test.each(all.filter(([name]) => !notLimits.has(name)))('%s is %d in the text too', (name, value) => {
    expect(rowsOf(name).map(([, text]) => text)).toContain(written(value));
  });

  test('the rules of JSON messages are those of the code', () => {
    const { bytesMax, depthMax, nodesMax, stringBytesMax } = messageRules;
    const row = rows.find(([first]) => first === 'every message unless named below');
    expect(row?.slice(1)).toEqual([bytesMax, depthMax, nodesMax, stringBytesMax].map(written));
  });
});

describe('words', () => {
  const tables: readonly [string, readonly string[]][] = [
    ['leaf type', leafTypes],
    ['notice', noticeNames],
    ['state', terms.stateNames],
    ['event', terms.messageEvents],
    ['use of a key', keyUses],
  ];
  test.each(tables.flatMap(([what, names]) => names.map((name) => [what, name] as const)))(
    'the %s %s has its row',
    (_, name) => {
      expect(rowsOf(name).length).toBeGreaterThan(0);
    },
  );

  const named: readonly string[] = [
    ...localKinds,
    ...transferStates,
    ...bundleKinds,
    ...priorities,
    ...terms.roles,
    ...Object.values(terms.systems).map((system) => system.replace(terms.ourBase, '<base>')),
  ];
  test.each([...new Set(named)])('%s is named', (name) => {
    expect(both).toContain(`\`${name}\``);
  });

  test.each(Object.entries(terms.sectionCodes))('the section %s has its code', (name, code) => {
    expect(clinical).toMatch(new RegExp(`\\| ${name} \\| ${code} \\|`));
  });

  test.each(Object.entries(terms.stateRows))('%s goes with the status and code of the text', (state, row) => {
    const statuses = row.statuses.map((status) => `\`${status}\``).join(', ');
    const bser = row.bser === undefined ? '–' : `\`${row.bser}\``;
    expect(rowsOf(state).map((cells) => cells.slice(1, 3))).toContainEqual([statuses, bser]);
  });

  test.each(Object.entries(terms.eventRows))('%s has the v2 events of the text', (event, row) => {
    expect(rowsOf(event).map(([, v2]) => v2)).toContain(row.v2Events.join(', '));
  });

  test('every extension and every domain prefix of the code is in the text', () => {
    const extensions = [
      terms.eventOrderUrl,
      terms.attachmentSha256Url,
      terms.attachmentKeyUrl,
      terms.attachmentSizeUrl,
    ];
    const sources = projectFiles().filter((path) => /^protocol\/.*\.ts$/.test(path));
    const prefixes = sources.flatMap((path) => readProjectFile(path).match(/fernpost[/-][a-z-]+\/v1/g) ?? []);
    prefixes.push('fernpost/log-token/v1');
    const missing = [
      ...extensions
        .map((url) => url.replace(terms.ourBase, '<base>'))
        .filter((url) => !clinical.includes(`\`${url}\``)),
      ...prefixes.filter((prefix) => !specification.includes(prefix)),
    ];
    expect([...new Set(missing)]).toEqual([]);
  });
});

describe('worked examples', () => {
  const blocks = [...specification.matchAll(/<!-- vector (\/\S+?)(, [^>]*?)? -->\n```\w+\n([\s\S]*?)\n```/g)].map(
    ([, pointer = '', how = '', block = '']) => ({ pointer, how, block }),
  );
  /** What a block or cell says, `…` being text that was left out. */
  const says = (block: string, value: string): boolean => {
    const parts = block.split('…');
    let at = 0;
    for (const part of parts) {
      const found = value.indexOf(part, at);
      if (found === -1 || (at === 0 && found !== 0)) return false;
      at = found + part.length;
    }
    return parts.length > 1 ? value.endsWith(parts.at(-1) ?? '') : at === value.length;
  };

  test('every marker is followed by its block', () => {
    expect(blocks.length).toBe(specification.match(/<!-- vector /g)?.length);
    expect(blocks.length).toBeGreaterThan(15);
  });

  test.each(blocks)('the example $pointer is the vector$how', ({ pointer, how, block }) => {
    const value = vectors.text(pointer).replace(/\n$/, '');
    const text = how.includes('broken') || !value.includes('\n') ? block.replaceAll('\n', '') : block;
    expect(says(text, value)).toBe(true);
  });

  const cells = rows.flatMap(([first = '', second = '']) => {
    const pointer = /^`(\/[a-zA-Z0-9/]+)`$/.exec(first)?.[1];
    const value = /^`([^`]+)`$/.exec(second)?.[1];
    return pointer === undefined || value === undefined ? [] : [[pointer, value] as const];
  });

  test('there are values to compare', () => {
    expect(cells.length).toBeGreaterThan(20);
  });

  test.each(cells)('%s has its value', (pointer, text) => {
    const { value } = vectors.at(pointer);
    expect(says(text, Array.isArray(value) ? value.join(' ') : String(value))).toBe(true);
  });
});

describe('links', () => {
  const documents = ['protocol/README.md', 'protocol/bundle/README.md', 'protocol/vectors/README.md'];
  /** The anchor that a heading gets where Markdown is shown. */
  const anchorOf = (heading: string): string =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-');
  const anchors = (path: string): readonly string[] =>
    [...readProjectFile(path).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));

  test.each(documents)('every relative link of %s leads to a file and a heading', (path) => {
    const links = [...readProjectFile(path).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    const broken = links
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => {
        const [file = '', anchor] = link.split('#');
        const target = file === '' ? path : posix.join(posix.dirname(path), file);
        if (!projectFileExists(target)) return true;
        return anchor !== undefined && !anchors(target).includes(anchor);
      });
    expect(broken).toEqual([]);
  });

  test('the documents stand on their own', () => {
    const outside = documents.filter((path) =>
      /\.\.\/shared|design\/|clinical\.md|trust\.md|protocol\.md/.test(readProjectFile(path)),
    );
    expect(outside).toEqual([]);
  });

  test('the sections have the numbers that the code cites', () => {
    const sections = new Set([...specification.matchAll(/^#{2,3} ([0-9]+(?:\.[0-9]+)?)[. ]/gm)].map(([, n]) => n));
    const cited = projectFiles()
      .filter((path) => /^(protocol|node|test)\/.*\.ts$/.test(path))
      .flatMap((path) => [...readProjectFile(path).matchAll(/Spec §([0-9]+(?:\.[0-9]+)?)/g)].map(([, n = '']) => n));
    expect([...new Set(cited)].filter((section) => !sections.has(section))).toEqual([]);
  });
});
