import { stripVTControlCharacters, styleText } from 'node:util';

/** What the demo tells its user on standard output: 80 columns, colour only on a terminal that wants it (NO_COLOR). */
export interface Screen {
  line(text?: string): void;
  heading(text: string): void;
  /** Something that is done and holds. */
  done(text: string, remark?: string): void;
  /** Something that does not hold. */
  failed(text: string): void;
  /** A name and what stands for it. */
  field(name: string, text: string): void;
  /** A sentence and the command that does it. */
  hint(text: string, command: string): void;
  /** News of a hospital while the demo runs. */
  news(hospital: string, text: string): void;
}

const width = 80;
const fieldWidth = 11;

type Style = Parameters<typeof styleText>[0];

export function openScreen(stream: NodeJS.WriteStream): Screen {
  const paint = (style: Style, text: string): string => styleText(style, text, { stream });
  const line = (text = ''): void => void stream.write(`${text}\n`);
  return {
    line,
    heading: (text) => line(`\n${paint('bold', text)}`),
    done: (text, remark = '') => {
      const room = Math.max(2, width - 4 - lettersOf(text) - lettersOf(remark));
      line(`  ${paint('green', '✓')} ${text}${remark === '' ? '' : ' '.repeat(room) + paint('dim', remark)}`);
    },
    failed: (text) => line(`  ${paint('red', '✗')} ${text}`),
    field: (name, text) => line(`    ${paint('dim', name.padEnd(fieldWidth))}${text}`),
    hint: (text, command) => {
      line(`  ${text}`);
      for (const part of commandLines(command, width - 4)) line(`    ${paint('cyan', part)}`);
    },
    news: (hospital, text) => {
      const [first = '', ...more] = text.split('\n');
      line(`${paint('dim', clockText())} ${paint('bold', hospital)}: ${first}`);
      for (const rest of more) line(`           ${rest}`);
    },
  };
}

/** A command over as many lines as it needs, each but the last with the shell's backslash; it can be copied whole. */
export function commandLines(command: string, lettersMax: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of command.match(/(?:'[^']*'|[^' ])+/g) ?? []) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length + 2 <= lettersMax || line === '') line = longer;
    else {
      lines.push(`${line} \\`);
      line = `  ${word}`;
    }
  }
  return [...lines, line];
}

function clockText(): string {
  return new Date().toTimeString().slice(0, 8);
}

function lettersOf(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}

export function secondsSince(startMs: number): string {
  return `${((performance.now() - startMs) / 1000).toFixed(1)} s`;
}
