import type { DisplaySectionName } from '../../../../protocol/bundle/fhir/display-row.ts';
import { priorityWord } from '../../components/tag.tsx';
import { languageWords } from '../../components/text.tsx';

const priorityCodes = new Set(['routine', 'urgent', 'stat'] as const);
const isPriority = (text: string): text is 'routine' | 'urgent' | 'stat' =>
  (priorityCodes as ReadonlySet<string>).has(text);

/** Codes that a sender's form writes, as the words that the desk has for them; everything else stays as it was told. */
export function codeWords(section: DisplaySectionName, label: string, text: string): string {
  if (section === 'patient' && label === 'Language') return languageWords(text);
  if (section === 'reason' && label === 'Priority' && isPriority(text)) return priorityWord(text);
  return text;
}
