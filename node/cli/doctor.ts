import type { Command } from 'commander';
import { loadConfig, type NodeConfig } from '../config/config.ts';
import { bad, good, type Finding } from '../operations/finding.ts';
import type { Caller } from './caller.ts';
import { addCommand, onCall } from './command.ts';
import { checkDisk, checkRootKey } from '../operations/doctor-files.ts';
import { exitCodes } from './exit-codes.ts';
import { shown } from './text.ts';

const marks: Readonly<Record<Finding['state'], string>> = { ok: 'ok  ', warn: 'WARN', fail: 'FAIL' };

export function addDoctorCommand(program: Command): void {
  const command = addCommand(
    program,
    'doctor',
    'check the node and its surroundings: exit code 1 when something fails',
  );
  onCall(command, async (caller) => {
    const findings = await findAll(caller);
    const failed = findings.filter(({ state }) => state === 'fail').length;
    const total = failed === 0 ? 'Nothing fails.' : `${failed} of ${findings.length} checks fail.`;
    caller.answer({ healthy: failed === 0, findings }, [...findings.flatMap(findingLines), total]);
    if (failed > 0) caller.endWith(exitCodes.no);
  });
}

/** What cannot be opened is itself a finding: the checks that need no node are made all the same. */
async function findAll(caller: Caller): Promise<readonly Finding[]> {
  const { failureOf } = await import('../operations/failure.ts');
  let config: NodeConfig;
  try {
    config = await loadConfig(caller.dataDirectory, caller.environment, caller.files);
  } catch (error) {
    const { kind, message } = failureOf(error);
    if (kind === 'internal') throw error;
    return [bad('configuration', 'fail', 'this node', message, 'mend fernpost.json or the environment')];
  }
  const files = [
    good('configuration', 'read and consistent'),
    await checkRootKey(caller, config),
    ...(await checkDisk(caller, config)),
  ];
  try {
    await using session = await caller.openSession();
    const node = good('node', session.running ? 'running' : 'not running; it was opened for this check');
    return [...files, node, ...(await session.plain('doctor.check', {})).findings];
  } catch (error) {
    const { kind, message } = failureOf(error);
    if (kind === 'internal') throw error;
    return [...files, bad('node', 'fail', 'this node', message, 'the message says what to do; nothing was changed')];
  }
}

function findingLines(finding: Finding): readonly string[] {
  const line = `${marks[finding.state]} ${shown(finding.check)}: ${shown(finding.detail)}`;
  return finding.state === 'ok' ? [line] : [line, `     ${finding.side}; ${shown(finding.fix)}`];
}
