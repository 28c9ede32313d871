import { Command } from 'commander';
import { addBackupCommands } from './backup.ts';
import { addBundleCommands } from './bundle.ts';
import { addDoctorCommand } from './doctor.ts';
import { addFirstRunCommand } from './first-run.ts';
import { addInitCommand } from './init.ts';
import { addLogCommands } from './log.ts';
import { addPatientCommands } from './patient.ts';
import { addPeerCommands } from './peer.ts';
import { addReferralCommands } from './referral.ts';
import { addServeCommand } from './serve.ts';
import { addUserCommands } from './user.ts';

const codes = `
Exit codes: 0 done; 1 the answer is no; 2 wrong usage or input; 3 not found; 4 conflict; 5 unavailable, busy or full;
6 damaged or unreadable; 7 a fault of Fernpost. Every command takes --json and --data.`;

/** The whole command line. It throws CommanderError instead of ending the process. */
export function makeProgram(json: boolean): Command {
  const program = new Command('fernpost')
    .description('Hospitals refer patients to each other with no one in the middle.')
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      writeErr: (text) => void (json ? undefined : process.stderr.write(text)),
      outputError: () => undefined,
    })
    .addHelpText('after', codes);
  addInitCommand(program);
  addFirstRunCommand(program);
  addServeCommand(program);
  addPeerCommands(program);
  addPatientCommands(program);
  addReferralCommands(program);
  addBundleCommands(program);
  addLogCommands(program);
  addUserCommands(program);
  addBackupCommands(program);
  addDoctorCommand(program);
  return program;
}
