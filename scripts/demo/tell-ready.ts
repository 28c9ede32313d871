import { alder, birch, commandOf, shortPath, type Place } from './hospitals.ts';
import { federationFile } from './federation.ts';
import type { Screen } from './screen.ts';
import type { Opened } from './stay.ts';

/** Where everything is and what to do with it, once the three hospitals are there. */
export function tellReady(
  screen: Screen,
  { root, places, referral, took }: Opened & { readonly root: string; readonly took: string },
): void {
  screen.heading(`Ready after ${took}`);
  for (const { title, name, ports } of places) {
    screen.line(`  ${title.padEnd(20)}desk      http://localhost:${ports.desk}`);
    screen.line(`  ${name.padEnd(20)}exchange  http://127.0.0.1:${ports.exchange}`);
  }
  screen.line(`  Addresses, keys and auditor tokens: ${shortPath(federationFile(root))}`);

  const [atAlder, atBirch] = [alder, birch].map(({ key }) => places.find((place) => place.key === key));
  if (atAlder === undefined || atBirch === undefined) return;
  screen.heading('Try next, in another terminal');
  tellCommands(screen, { atAlder, atBirch, referral });
  screen.heading('Break it');
  screen.hint('Kill a hospital in the middle of something; the demo starts it again:', `kill -9 $(${pidOf(atBirch)})`);
  screen.hint('Stop one and send it referrals; they wait, and leave when it is back:', `kill $(${pidOf(atBirch)})`);
  screen.hint('Start it again:', commandOf(atBirch, 'serve'));
  screen.line();
  screen.line('Ctrl-C stops all three. What they have stays, and the next run goes on with it.');
}

function tellCommands(
  screen: Screen,
  { atAlder, atBirch, referral }: { atAlder: Place; atBirch: Place; referral: string | undefined },
): void {
  screen.hint('What Birch has received:', commandOf(atBirch, 'referral list'));
  if (referral !== undefined) {
    screen.hint('Read it there:', commandOf(atBirch, `referral show ${referral}`));
    screen.hint('Accept it:', commandOf(atBirch, `referral accept ${referral}`));
  }
  screen.hint("Alder's patients:", commandOf(atAlder, 'patient list'));
  screen.hint(
    'Refer another one:',
    commandOf(
      atAlder,
      "referral send --to birch.example --patient A-000002 --reason 'Chest pain' --question 'Please see today' --priority urgent",
    ),
  );
  screen.hint('Verify a whole log:', commandOf(atAlder, 'log verify'));
}

function pidOf({ dataDirectory }: Place): string {
  return `grep -oP '"pid": \\K\\d+' ${shortPath(dataDirectory)}/running.json`;
}
