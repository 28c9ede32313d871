import type { JsonObject } from '../../json.ts';
import { codesOf, objectOf, objectsOf, textOf } from './elements.ts';
import { displaySections, type DisplayRow, type DisplaySectionName, type Reader, type Rows } from './display-row.ts';
import { clinicalRows } from './display-clinical.ts';
import { orderRows } from './display-order.ts';
import { joined, plainText } from './display-values.ts';
import { narrativeText } from './narrative-text.ts';
import { readMessage, type Entry, type Message } from './message.ts';
import { sectionCodes, systems } from './terms.ts';

/**
 * A received message for a person to read: plain text, row by row, every resource in exactly one section, and what no
 * reader knows listed as not shown (Spec bundle §1, decision 7). No markup of the peer survives.
 */
export interface Display {
  readonly sections: readonly DisplaySection[];
  /** Resources and extensions that are carried but not shown: their type or url, and how many. */
  readonly notShown: readonly { readonly what: string; readonly count: number }[];
}

export interface DisplaySection {
  readonly name: DisplaySectionName;
  readonly rows: readonly DisplayRow[];
  /** Why it is empty, where the sender said so: nilknown, notasked, unavailable … */
  readonly emptyReason: string | undefined;
  /** What the sender said in words beside that reason. */
  readonly emptyWords: string | undefined;
}

/** The section of the Composition that tells why one of ours is empty. */
const codeOf: Readonly<Partial<Record<DisplaySectionName, string>>> = {
  problems: sectionCodes.problems,
  allergies: sectionCodes.allergies,
  medicines: sectionCodes.medicines,
  immunizations: sectionCodes.immunizations,
  'family-history': sectionCodes['family-history'],
  procedures: sectionCodes.procedures,
  'vital-signs': sectionCodes['vital-signs'],
  results: sectionCodes.results,
  imaging: sectionCodes.imaging,
  insurance: sectionCodes.payers,
  alerts: sectionCodes.alerts,
};

const readers: Readonly<Record<string, Reader>> = { ...clinicalRows, ...orderRows, Composition: compositionRows };

/** Reads a checked message into rows; never fails for what checkBundle passes. */
export function displayOf(bundle: JsonObject): Display {
  const message = readMessage(bundle);
  const rows = new Map<DisplaySectionName, DisplayRow[]>();
  const unknown: string[] = [];
  for (const entry of message.entries) {
    const read = readers[entry.type];
    if (read === undefined) {
      unknown.push(entry.type);
      continue;
    }
    const made = read(entry.resource, message);
    rows.set(made.section, [...(rows.get(made.section) ?? []), ...made.rows.map(clean)]);
  }
  for (const made of wordsOnly(message))
    rows.set(made.section, [...(rows.get(made.section) ?? []), ...made.rows.map(clean)]);
  const sections = displaySections.map((name) => ({
    name,
    rows: rows.get(name) ?? [],
    ...emptyOf(message, codeOf[name]),
  }));
  const counted = Map.groupBy([...unknown, ...foreignExtensions(message.entries)], (what) => what);
  return {
    sections: sections.filter((one) => one.rows.length > 0 || one.emptyReason !== undefined),
    notShown: [...counted].map(([what, list]) => ({ what: plainText(what), count: list.length })),
  };
}

function clean({ label, text }: DisplayRow): DisplayRow {
  return { label: plainText(label), text: plainText(text) };
}

function emptyOf(message: Message, code: string | undefined): Pick<DisplaySection, 'emptyReason' | 'emptyWords'> {
  const silent = { emptyReason: undefined, emptyWords: undefined };
  if (code === undefined) return silent;
  for (const { resource } of message.ofType('Composition'))
    for (const section of objectsOf(resource, 'section'))
      if (codesOf(objectOf(section, 'code'), systems.loinc).includes(code)) {
        const reason = objectOf(section, 'emptyReason');
        if (reason === undefined) continue;
        const words = plainText(narrativeText(textOf(objectOf(section, 'text'), 'div') ?? ''));
        return {
          emptyReason: codesOf(reason, systems.emptyReason)[0] ?? textOf(reason, 'text') ?? 'other',
          emptyWords: words === '' ? undefined : words,
        };
      }
  return silent;
}

/**
 * Sections of a referral note that say something in words and name no resource: the words are all there is. Why one of
 * ours is empty is no fact of the patient and makes no row.
 */
function wordsOnly(message: Message): readonly Rows[] {
  return message.ofType('Composition').flatMap(({ resource }) => {
    if (!codesOf(objectOf(resource, 'type'), systems.loinc).includes('57133-1')) return [];
    return objectsOf(resource, 'section').flatMap((section): Rows[] => {
      const codes = codesOf(objectOf(section, 'code'), systems.loinc);
      const text = narrativeText(textOf(objectOf(section, 'text'), 'div') ?? '');
      if (objectsOf(section, 'entry').length > 0 || text === '' || codes.includes(sectionCodes.reason)) return [];
      const name = displaySections.find((one) => codes.includes(codeOf[one] ?? '-')) ?? 'notes';
      if (name !== 'notes' && objectOf(section, 'emptyReason') !== undefined) return [];
      return [{ section: name, rows: [{ label: textOf(section, 'title') ?? 'Note', text }] }];
    });
  });
}

/** The narrative of each section as text: the reason for the referral, and the words of a report. */
function compositionRows(composition: JsonObject): Rows {
  const isReferralNote = codesOf(objectOf(composition, 'type'), systems.loinc).includes('57133-1');
  const rows = objectsOf(composition, 'section').flatMap((section): DisplayRow[] => {
    const isReason = codesOf(objectOf(section, 'code'), systems.loinc).includes(sectionCodes.reason);
    const text = narrativeText(textOf(objectOf(section, 'text'), 'div') ?? '');
    if (text === '' || (isReferralNote && !isReason)) return [];
    return [{ label: textOf(section, 'title') ?? 'Note', text }];
  });
  if (isReferralNote) return { section: 'reason', rows };
  const title = joined([textOf(composition, 'title'), textOf(composition, 'date')], ', ') ?? 'Note';
  return { section: 'notes', rows: [{ label: 'Report', text: title }, ...rows] };
}

const ourExtension = 'https://fernpost.example/fhir/StructureDefinition/';

/** Urls of extensions that are not ours: nothing here reads them. */
function foreignExtensions(entries: readonly Entry[]): readonly string[] {
  const urls: string[] = [];
  const open: unknown[] = entries.map(({ resource }) => resource);
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== 'object' || value === null) continue;
    for (const [name, inner] of Object.entries(value)) {
      if (name === 'extension' && Array.isArray(inner))
        for (const url of inner.map((one) => (one as { url?: unknown } | null)?.url))
          if (typeof url === 'string' && !url.startsWith(ourExtension) && url.includes(':'))
            urls.push(`extension ${url}`);
      open.push(inner);
    }
  }
  return urls;
}
