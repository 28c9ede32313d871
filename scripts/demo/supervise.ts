import type { Processes } from './cast.ts';
import { commandOf, type Place } from './hospitals.ts';
import { isServed, startNode, type Ending, type NodeProcess } from './node-process.ts';
import type { Screen } from './screen.ts';

/** Time enough for a tester to start the node himself before the demo does. */
const restartMs = 2_000;
const failuresMax = 5;

/**
 * Watches the nodes until `stopping`. One that was killed is started again, unless somebody else does; one that was
 * stopped in good order stays so, because that was somebody's wish.
 */
export async function supervise(processes: Processes, screen: Screen, stopping: AbortSignal): Promise<void> {
  const watched = [...processes].map(([place, process]) => watch({ place, processes, screen, stopping }, process));
  await Promise.all(watched);
}

interface Watch {
  readonly place: Place;
  readonly processes: Processes;
  readonly screen: Screen;
  readonly stopping: AbortSignal;
}

async function watch(task: Watch, first: NodeProcess): Promise<void> {
  const { place, processes, screen, stopping } = task;
  const news = (text: string): void => screen.news(place.short, text);
  const byHand = commandOf(place, 'serve');
  let process: NodeProcess | undefined = first;
  while (process !== undefined) {
    const ending: Ending = await process.ended;
    if (stopping.aborted) return;
    processes.delete(place);
    if (ending.kind === 'stopped') return news(`was stopped and stays so until somebody starts it:\n${byHand}`);
    news(`${endingWords(ending)}. It starts again in ${restartMs / 1000} s; by hand:\n${byHand}`);
    process = await restart(task, news);
  }
}

/** `undefined` when somebody else runs the node now, when it cannot be started, or when the demo ends. */
async function restart(
  { place, processes, stopping }: Watch,
  news: (text: string) => void,
): Promise<NodeProcess | undefined> {
  const startMs = performance.now();
  for (let failures = 0; failures < failuresMax; failures += 1) {
    await pause(restartMs * 2 ** failures, stopping);
    if (stopping.aborted) return undefined;
    if (await isServed(place)) return foreign(news);
    const process = startNode(place);
    processes.set(place, process);
    const state = await process.ready;
    if (stopping.aborted) return undefined;
    if (state === 'ready') {
      const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
      news(`runs again after ${seconds} s, as process ${process.pid}. What was under way goes on.`);
      return process;
    }
    processes.delete(place);
    if (state.kind === 'failed' && state.problem.code === 'in-use') return foreign(news);
    news(`does not start: ${state.kind === 'failed' ? state.problem.message : endingWords(state)}`);
  }
  news(`was tried ${failuresMax} times. The demo leaves it to you:\n${commandOf(place, 'serve')}`);
  return undefined;
}

function foreign(news: (text: string) => void): undefined {
  news('runs again, started by somebody else. The demo leaves it alone.');
}

function endingWords(ending: Ending): string {
  switch (ending.kind) {
    case 'stopped':
      return 'was stopped';
    case 'killed':
      return `was killed (${ending.signal})`;
    case 'failed':
      return `ended with code ${ending.code}: ${ending.problem.message}`;
  }
}

function pause(ms: number, stopping: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    stopping.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
