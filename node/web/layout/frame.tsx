import type { PageAnswer } from '../answer.ts';
import type { DeskServices } from '../desk-services.ts';
import { roleWords } from '../../accounts/roles.ts';
import { url } from '../urls.ts';
import type { Visit } from '../visit.ts';
import { utc } from '../../alerts/time-zone.ts';
import { Foreign } from '../components/text.tsx';
import { InZone } from '../components/zone.tsx';
import { banners } from './banners.tsx';
import { navigationOf } from './navigation.ts';

export interface FrameProps {
  readonly desk: DeskServices;
  readonly visit: Visit | undefined;
  readonly answer: PageAnswer;
}

/** The frame of every page: skip links, the hospital, where one can go, who one is, what cannot wait; then the page. */
export async function Frame({ desk, visit, answer }: FrameProps) {
  const { facts, body } = answer;
  const signedIn = visit?.session === undefined ? undefined : visit;
  const count = facts.count ?? 0;
  const { title } = desk.own;
  const zone = visit === undefined ? utc : await desk.settings.zone();
  return (
    <html lang="en" dir="ltr" class={signedIn === undefined ? 'no-session' : textClass(signedIn)}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${count > 0 ? `(${count}) ` : ''}${facts.title} – ${title}`}</title>
        <link rel="stylesheet" href={desk.assets.styles} />
        <link rel="icon" href={url('favicon')} type="image/svg+xml" />
        {facts.refreshSeconds === undefined ? null : (
          <noscript>
            <meta http-equiv="refresh" content={`${facts.refreshSeconds}; url=${renewalOf(visit)}`} />
          </noscript>
        )}
        {[
          'app',
          'connection',
          ...(signedIn === undefined ? [] : ['session-end', 'drafts', 'live', 'shortcuts']),
          ...(facts.scripts ?? []),
        ].map((name) => (
          <script type="module" src={desk.assets.script(name)}></script>
        ))}
      </head>
      <body
        data-signed-in={signedIn === undefined ? undefined : 'yes'}
        data-screen={visit?.route}
        data-shortcuts={signedIn?.session?.preferences.shortcuts === false ? 'off' : undefined}
        data-session-ms-left={signedIn?.session === undefined ? undefined : signedIn.session.expiresAt - signedIn.now}
        data-zone={zone.name}
      >
        <a class="skip" href={`#${facts.skip?.id ?? 'main'}`}>
          {facts.skip?.label ?? 'Skip to content'}
        </a>
        {facts.bare === true ? <BareTop title={title} /> : <Top title={title} visit={signedIn} />}
        <InZone zone={zone}>
          <div id="banners">{signedIn?.session?.step === 'done' ? await banners(desk, signedIn) : null}</div>
          <main id="main" tabindex={-1}>
            {body}
          </main>
        </InZone>
        <footer class="foot">
          <p>
            Fernpost at {title}, node <Foreign text={desk.own.name} />
          </p>
          {signedIn === undefined ? null : (
            <p>
              <a href={url('help')}>Help</a>
            </p>
          )}
        </footer>
        <p class="unseen" role="status" id="polite"></p>
        <p class="unseen" role="alert" id="assertive"></p>
      </body>
    </html>
  );
}

/** The same page, marked as loaded by itself: a list that is left open keeps no session alive. */
function renewalOf(visit: Visit | undefined): string {
  const target = new URL(visit?.target ?? '/', 'http://desk.invalid');
  target.searchParams.set('renewed', '1');
  return target.pathname + target.search;
}

/** The size of text that this user chose (WCAG 1.4.4). */
function textClass({ session }: Visit): string | undefined {
  const size = session?.preferences.textSize ?? 'normal';
  return size === 'normal' ? undefined : `text-${size}`;
}

function BareTop({ title }: { readonly title: string }) {
  return (
    <header class="top">
      <p class="brand">
        <Mark /> {title}
      </p>
    </header>
  );
}

function Top({ title, visit }: { readonly title: string; readonly visit: Visit | undefined }) {
  return (
    <header class="top">
      <p class="brand">
        <Mark /> {title}
      </p>
      {visit === undefined ? null : (
        <>
          <nav class="places" aria-label="Main">
            <ul>
              {navigationOf(visit).map(({ label, href, isCurrent }) => (
                <li>
                  <a href={href} aria-current={isCurrent ? 'page' : undefined}>
                    {label}
                  </a>
                </li>
              ))}
            </ul>
          </nav>
          <Person visit={visit} />
        </>
      )}
    </header>
  );
}

function Person({ visit }: { readonly visit: Visit }) {
  const { name, roles } = visit.user;
  return (
    <div class="person">
      <a href="/account">
        <Foreign text={name} />
        <span class="roles">{roles.map((role) => roleWords[role].title).join(', ')}</span>
      </a>
      <form method="post" action="/sign-out">
        <button type="submit" class="button quiet">
          Sign out
        </button>
      </form>
    </div>
  );
}

/** A frond: the sign of the program, not of any hospital. */
function Mark() {
  return (
    <svg class="mark" viewBox="0 0 16 16" width="20" height="20" aria-hidden="true" focusable="false">
      <path d="M8 15V2M8 5 4 3M8 5l4-2M8 8.500 3 6M8 8.500 13 6M8 12 4 9.500M8 12l4-2.500" />
    </svg>
  );
}
