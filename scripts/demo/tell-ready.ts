import { actorOf, type Actor } from './cast.ts';
import { federationFile } from './federation.ts';
import { alder, birch, commandOf, deskUrl, exchangeUrl, shortPath, type Hospital, type Place } from './hospitals.ts';
import type { Screen } from './screen.ts';
import { demoPassword } from './users.ts';

export interface ReadyDemo {
  readonly root: string;
  readonly actors: readonly Actor[];
  /** The referral that waits at Birch, where one was just sent. */
  readonly referral: string | undefined;
  /** A patient of Alder. */
  readonly patient: string;
  readonly took: string;
  /** Where the mails to the police are shown. */
  readonly mailbox: string | undefined;
}

/** Where everything is and what to do with it, once the three hospitals are there. */
export function tellReady(screen: Screen, demo: ReadyDemo): void {
  const { root, actors, took } = demo;
  screen.heading(`Ready after ${took}`);
  for (const { place, process } of actors) {
    screen.line(`  ${place.title.padEnd(20)}desk      ${deskUrl(place)}`);
    screen.line(`  ${place.name.padEnd(20)}exchange  ${exchangeUrl(place)}   process ${process.pid}`);
  }
  if (demo.mailbox !== undefined) screen.line(`  Police stations     mailbox   ${demo.mailbox}`);
  screen.heading('Sign in at a desk as');
  screen.line('  administrator, doctor, nurse, coordinator or auditor');
  screen.line(`  password, everywhere: ${demoPassword}`);
  screen.line(`\n  Addresses, users, keys and auditor tokens:\n    ${shortPath(federationFile(root))}`);
  screen.heading('Try next, in another terminal');
  tellCommands(screen, demo);
  screen.heading('Break it');
  const birchProcess = actorOf(actors, birch).process.pid;
  screen.hint('Kill a hospital in the middle of something; the demo starts it again:', `kill -9 ${birchProcess}`);
  screen.hint('Or stop it and send it referrals; they wait until it is back:', `kill ${birchProcess}`);
  screen.hint('Start it again yourself:', commandOf(placeOf(demo, birch), 'serve'));
  screen.line('\nCtrl-C stops all three. What they have stays, and the next run goes on with it.');
}

function tellCommands(screen: Screen, demo: ReadyDemo): void {
  const { referral, patient } = demo;
  const [atAlder, atBirch] = [placeOf(demo, alder), placeOf(demo, birch)];
  screen.hint('What Birch has received:', commandOf(atBirch, 'referral list'));
  if (referral !== undefined) {
    screen.hint('Read it there:', commandOf(atBirch, `referral show ${referral}`));
    screen.hint('Accept it:', commandOf(atBirch, `referral accept ${referral}`));
  }
  screen.hint("Alder's patients:", commandOf(atAlder, 'patient list'));
  const words = `--reason 'Chest pain' --question 'Please see today' --priority urgent`;
  const send = `referral send --to ${birch.name} --patient ${patient} ${words}`;
  screen.hint('Refer another one of them:', commandOf(atAlder, send));
  screen.hint('Verify a whole log:', commandOf(atAlder, 'log verify'));
}

function placeOf({ actors }: ReadyDemo, hospital: Hospital): Place {
  return actorOf(actors, hospital).place;
}
