import { failureOf } from '../../node/operations/failure.ts';
import { buildNodes } from './build-nodes.ts';
import { DemoError } from './demo-error.ts';
import { readWish, usage, type Wish } from './options.ts';
import { playOnce } from './play-once.ts';
import { openScreen, type Screen } from './screen.ts';
import { stay } from './stay.ts';

/** npm passes Ctrl-C on to us, who have had it from the terminal already: only a later one means impatience. */
const impatienceMs = 1_000;
const interruptedCode = 130;
const parentLookMs = 250;

/** Runs the demo of one command line and ends the process: 0 when all is well, 1 when not. */
export async function runDemo(given: readonly string[]): Promise<void> {
  const stopping = stopSignal();
  // Whoever reads our words may stop early (`| head`): the hospitals run on.
  process.stdout.on('error', () => undefined);
  try {
    const wish = readWish(given, process.env);
    if (wish.kind !== 'help') buildNodes();
    await fulfil(wish, openScreen(process.stdout), stopping);
  } catch (error) {
    process.exitCode = stopping.aborted ? interruptedCode : 1;
    process.stderr.write(`\ndemo: ${messageOf(error)}\n`);
  }
  process.exit();
}

async function fulfil(wish: Wish, screen: Screen, stopping: AbortSignal): Promise<void> {
  switch (wish.kind) {
    case 'help':
      return screen.line(usage);
    case 'once':
      return await playOnce(screen, wish.s3, stopping);
    case 'stay':
      return await stay(screen, wish, stopping);
  }
}

function messageOf(error: unknown): string {
  if (error instanceof DemoError) return error.message;
  const failure = failureOf(error);
  if (failure.kind !== 'internal') return failure.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function stopSignal(): AbortSignal {
  const controller = new AbortController();
  let askedAtMs: number | undefined;
  const onSignal = (): void => {
    askedAtMs ??= performance.now();
    if (performance.now() - askedAtMs > impatienceMs) process.exit(interruptedCode);
    controller.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  if (process.env['npm_lifecycle_event'] !== undefined) onOrphaned(() => controller.abort());
  return controller.signal;
}

/** A signal to npm ends npm and its shell and does not come further: then nobody is left who could stop the demo. */
function onOrphaned(act: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    act();
  }, parentLookMs);
  timer.unref();
}
