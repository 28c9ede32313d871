import type { Command } from 'commander';
import { addCommand, addGroup, onCall } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { fieldLines, shown, tableLines } from './text.ts';

export function addPeerCommands(program: Command): void {
  const group = addGroup(program, 'peer', 'hospitals that this one exchanges with');
  addPairing(group);
  addTelephone(group);

  const list = addCommand(group, 'list', 'peers, and pairings under way');
  onCall(list, async (caller) => {
    await using session = await caller.openSession();
    const found = await session.plain('peer.list', {});
    const peers = found.peers.map((peer) => [peer.name, peer.state, peer.url, peer.lastSpokeAt ?? 'never', peer.title]);
    const pairings = found.pairings.map((one) => [one.peer ?? '', one.state, one.expires, one.detail]);
    caller.answer(found, [
      ...tableLines(['name', 'state', 'url', 'last spoke', 'title'], peers),
      ...(pairings.length === 0 ? [] : ['', 'Pairings under way']),
      ...(pairings.length === 0 ? [] : tableLines(['peer', 'state', 'until', 'what is next'], pairings)),
    ]);
  });

  const moves = [
    ['pause', 'take nothing from a peer and send it nothing, for a while', 'peer.pause'],
    ['block', 'treat a peer as a stranger', 'peer.block'],
    ['resume', 'exchange with a paused or blocked peer again', 'peer.resume'],
  ] as const;
  for (const [name, description, operation] of moves) {
    const command = addCommand(group, name, description).argument('<peer>', 'name of the node');
    onCall(command, async (caller, _options, peer = '') => {
      await using session = await caller.openSession();
      const moved = await session.plain(operation, { peer });
      caller.answer(moved, [`${moved.name} is ${moved.state}.`]);
    });
  }
}

function addTelephone(group: Command): void {
  const command = addCommand(
    group,
    'telephone',
    'whom doctors call when a peer does not answer; without a number: nobody',
  )
    .argument('<peer>', 'name of the node')
    .argument('[number]');
  onCall(command, async (caller, _options, peer = '', telephone = '') => {
    await using session = await caller.openSession();
    const saved = await session.plain('peer.telephone', { peer, telephone });
    const words = saved.telephone === '' ? 'has no number now' : `is called at ${saved.telephone}`;
    caller.answer(saved, [`${saved.peer} ${words}.`]);
  });
}

function addPairing(group: Command): void {
  const invite = addCommand(group, 'invite', 'make an invitation for another hospital');
  onCall(invite, async (caller) => {
    await using session = await caller.openSession();
    const invitation = await session.plain('peer.invite', {});
    caller.answer(invitation, [invitation.link, `Good until ${invitation.expires}, for one hospital.`]);
    if (!session.running) caller.remark('Start the node ("fernpost serve"): the other hospital has to reach it.');
  });

  const accept = addCommand(group, 'accept', "open another hospital's invitation").argument('<link>');
  onCall(accept, async (caller, _options, link = '') => {
    await using session = await caller.openSession();
    const pairing = await session.plain('peer.accept', { link });
    caller.answer(pairing, wordLines(pairing));
  });

  const words = addCommand(group, 'words', 'the six words of a pairing under way').argument(
    '<peer>',
    'name of the node',
  );
  onCall(words, async (caller, _options, peer = '') => {
    await using session = await caller.openSession();
    const { pairings } = await session.plain('peer.list', {});
    const pairing = pairings.find((one) => one.peer === peer && one.words.length > 0);
    caller.answer(
      pairing ?? null,
      pairing === undefined ? ['No pairing with this peer has come to its words.'] : wordLines(pairing),
    );
    if (pairing === undefined) caller.endWith(exitCodes.notFound);
  });

  const confirm = addCommand(group, 'confirm', 'type the words that the other hospital reads out')
    .argument('<peer>', 'name of the node')
    .argument('<words...>', 'three of its six words, as "fernpost peer words" asks');
  onCall(confirm, async (caller, _options, peer = '', ...given) => {
    await using session = await caller.openSession();
    const { state } = await session.plain('peer.confirm', { peer, words: given });
    const waiting = 'Right on this side. The pairing is done when the other side has confirmed as well.';
    caller.answer({ peer, state }, [state === 'paired' ? `Paired with ${shown(peer)}.` : waiting]);
  });
}

function wordLines(pairing: {
  readonly peer: string | null;
  readonly title: string | null;
  readonly words: readonly string[];
  readonly type: readonly number[];
}): readonly string[] {
  return [
    ...fieldLines({ peer: pairing.peer ?? '', title: pairing.title ?? '', 'your six words': pairing.words.join(' ') }),
    'Call the other hospital. Read your words to it, and let it read its words to you.',
    `Then type its words ${pairing.type.join(', ')}: fernpost peer confirm ${pairing.peer ?? 'NAME'} WORD WORD WORD`,
  ];
}
