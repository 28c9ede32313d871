import { expect, test } from 'vitest';
import { refusalOfNode } from '../../../node/platform/runtime.ts';

test.each([
  ['20.20.2', false],
  ['25.9.9', false],
  ['26.0.0', true],
  ['26.10.0', true],
  ['100.0.0', true],
])('a node that is started with Node %s runs: %s', (version, runs) => {
  const refusal = refusalOfNode(version);
  if (runs) expect(refusal).toBeUndefined();
  else expect(refusal).toContain(`this is Node ${version}`);
});
