import { expect, test } from 'vitest';
import { hasherInTurns } from '../../../node/platform/hash-thread.ts';
import { openIntakeRooms, roomsMax } from '../../../node/referrals/intake-rooms.ts';
import type { ChunkRoom } from '../../../protocol/bundle/chunk-room.ts';

async function lendAll(rooms = openIntakeRooms(hasherInTurns)) {
  const lent: ChunkRoom[] = [];
  for (let i = 0; i < roomsMax; i += 1) {
    const room = await rooms.lend();
    if (room !== undefined) lent.push(room);
  }
  const [first] = lent;
  if (first === undefined) throw new Error('no room');
  return { rooms, lent, first };
}

test('there are so many rooms and not one more; one that is given back is lent again', async () => {
  const { rooms, lent, first } = await lendAll();
  expect(new Set(lent).size).toBe(roomsMax);
  expect(await rooms.lend()).toBeUndefined();
  rooms.giveBack(first);
  expect(await rooms.lend()).toBe(first);
});

test('a room that is nearly free is waited for, by one alone', async () => {
  const { rooms, first } = await lendAll();
  rooms.closing(first);
  const waiting = rooms.lend();
  expect(await rooms.lend()).toBeUndefined();
  rooms.giveBack(first);
  expect(await waiting).toBe(first);
});

test('what only waits in a room gives way, the oldest first, and is told so', async () => {
  const { rooms, lent, first } = await lendAll();
  const lost: number[] = [];
  lent.forEach((room, i) => rooms.park(room, () => lost.push(i)));
  expect(await rooms.lend()).toBe(first);
  expect(lost).toEqual([0]);
  const [, second] = lent;
  if (second === undefined) throw new Error('no second room');
  rooms.closing(second); // What is hashed now is no longer taken from anyone.
  rooms.giveBack(second);
  expect(await rooms.lend()).toBe(second);
  expect(lost).toEqual([0]);
});
