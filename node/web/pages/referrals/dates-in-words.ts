import { dateWords } from '../../components/text.tsx';

const momentForm = /\b(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2})/g;
const onlyDateForm = /^((?:since |until |at )?)(\d{4}-\d{2}(?:-\d{2})?)(?:( to )(\d{4}-\d{2}(?:-\d{2})?))?$/;

/**
 * Moments as machines write them become words that two countries read alike; a date is only changed where it is the whole
 * text, so that no number of a person's own text is ever rewritten.
 */
export function datesInWords(text: string): string {
  const date = onlyDateForm.exec(text);
  if (date !== null) {
    const [, before = '', from = '', to = '', until = ''] = date;
    return `${before}${dateWords(from)}${to}${until === '' ? '' : dateWords(until)}`;
  }
  return text.replaceAll(momentForm, (_, day: string, time: string, offset: string) => {
    const zone = offset === 'Z' || offset === '+00:00' ? 'UTC' : `UTC${offset}`;
    return `${dateWords(day)} ${time} ${zone}`;
  });
}
