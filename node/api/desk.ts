import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { html } from 'hono/html';

/** What the desk tells before anyone has signed in: which hospital this is, and nothing of a patient. */
export interface DeskFacts {
  readonly title: string;
  readonly name: string;
}

/**
 * The door for people and the hospital's own systems. It has one page, without script and without any patient's data; the
 * work of the administration is done with the command line.
 */
export function deskApp({ title, name }: DeskFacts): Hono {
  const app = new Hono();
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
        formAction: ["'none'"],
      },
    }),
  );
  app.get('/', (context) =>
    context.html(
      html`<!doctype html>
        <html lang="en">
          <head>
            <meta charset="utf-8" />
            <meta name="viewport" content="width=device-width, initial-scale=1" />
            <meta name="color-scheme" content="light dark" />
            <title>${title}</title>
          </head>
          <body>
            <main>
              <h1>${title}</h1>
              <p>The Fernpost node ${name} is running.</p>
              <p>
                Patients, referrals and peers are reached with the command <code>fernpost</code> on the machine of the
                node.
              </p>
            </main>
          </body>
        </html>`,
    ),
  );
  app.get('/favicon.ico', (context) => context.body(null, 204));
  app.notFound((context) => context.text('There is no such page.', 404));
  return app;
}
