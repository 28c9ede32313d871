import type { Command } from 'commander';
import { addCommand, addGroup, onCall } from './command.ts';
import { addLogVerify } from './log-verify.ts';
import { tableLines } from './text.ts';

export function addLogCommands(program: Command): void {
  const group = addGroup(program, 'log', 'the exchange log, and who may read it');
  const checkpoint = addCommand(group, 'checkpoint', 'the newest signed checkpoint, as auditors read it');
  onCall(checkpoint, async (caller) => {
    await using session = await caller.openSession();
    const facts = await session.plain('log.facts', {});
    caller.answer(facts, facts.checkpoint.trimEnd().split('\n'));
  });
  addLogVerify(group);
  addTokens(addGroup(group, 'token', 'Bearer tokens for auditors'));
}

function addTokens(group: Command): void {
  const issue = addCommand(group, 'issue', 'make a token; it is shown this once').argument('<label>', 'whose it is');
  onCall(issue, async (caller, _options, label = '') => {
    await using session = await caller.openSession();
    const issued = await session.plain('token.issue', { label });
    caller.answer(issued, [issued.token]);
  });

  const list = addCommand(group, 'list', 'tokens by label; nobody can read them again');
  onCall(list, async (caller) => {
    await using session = await caller.openSession();
    const found = await session.plain('token.list', {});
    const rows = found.tokens.map((token) => [token.label, token.kind, token.createdAt, token.revokedAt ?? '']);
    caller.answer(found, tableLines(['label', 'kind', 'since', 'revoked'], rows));
  });

  const revoke = addCommand(group, 'revoke', 'take a token back').argument('<label>');
  onCall(revoke, async (caller, _options, label = '') => {
    await using session = await caller.openSession();
    const revoked = await session.plain('token.revoke', { label });
    caller.answer(revoked, [`Revoked "${label}".`]);
  });
}
