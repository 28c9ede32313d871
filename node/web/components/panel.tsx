import type { Child } from 'hono/jsx';
import type { Tone } from './tag.tsx';

/** A message that stays: what happened, what is safe, what to do. `alert` interrupts a reader of the screen. */
export function Notice({
  tone = 'blue',
  title,
  role,
  id,
  children,
}: {
  readonly tone?: Tone;
  readonly title?: Child;
  readonly role?: 'alert' | 'status';
  readonly id?: string;
  readonly children?: Child;
}) {
  return (
    <div class={`notice ${tone}`} role={role} id={id}>
      {title === undefined ? null : <p class="notice-title">{title}</p>}
      {children}
    </div>
  );
}

/** Why there is nothing, and the next step. */
export function EmptyState({ title, children }: { readonly title: Child; readonly children?: Child }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

/** A part of a page with its own heading. */
export function Section({
  title,
  id,
  aside,
  children,
}: {
  readonly title: Child;
  readonly id: string;
  /** Beside the heading: a link or a button. */
  readonly aside?: Child;
  readonly children?: Child;
}) {
  return (
    <section class="panel" aria-labelledby={`${id}-title`} id={id}>
      <div class="panel-head">
        <h2 id={`${id}-title`}>{title}</h2>
        {aside ?? null}
      </div>
      {children}
    </section>
  );
}

export interface Fact {
  readonly term: Child;
  readonly value: Child;
}

/** Terms and their values. */
export function Facts({ facts, columns = false }: { readonly facts: readonly Fact[]; readonly columns?: boolean }) {
  return (
    <dl class={columns ? 'facts columns' : 'facts'}>
      {facts.map(({ term, value }) => (
        <div>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export interface Tile {
  readonly label: Child;
  readonly count: number;
  readonly href: string;
  readonly isCurrent?: boolean;
  readonly tone?: Tone;
}

/** Counts that lead to what they count. */
export function Tiles({ label, tiles }: { readonly label: string; readonly tiles: readonly Tile[] }) {
  return (
    <nav class="tiles" aria-label={label}>
      <ul>
        {tiles.map((tile) => (
          <li>
            <a
              href={tile.href}
              class={`tile ${tile.tone ?? 'plain'}`}
              aria-current={tile.isCurrent === true ? 'true' : undefined}
            >
              <span class="tile-count">{tile.count}</span> <span class="tile-label">{tile.label}</span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

export interface Step {
  readonly label: Child;
  readonly state: 'done' | 'current' | 'waiting' | 'failed';
  readonly detail?: Child;
}

const stepWords = { done: '✓ done', current: 'now', waiting: 'not yet', failed: '✕ failed' } as const;

/** A line of steps, each with its state in a word. */
export function Steps({ label, steps }: { readonly label: string; readonly steps: readonly Step[] }) {
  return (
    <ol class="steps" aria-label={label}>
      {steps.map((step) => (
        <li class={step.state} aria-current={step.state === 'current' ? 'step' : undefined}>
          <span class="step-label">{step.label}</span>
          <span class="step-state">{stepWords[step.state]}</span>
          {step.detail === undefined ? null : <span class="step-detail">{step.detail}</span>}
        </li>
      ))}
    </ol>
  );
}

/** So many fill a fifth of a desk's screen, and half of it with large text. */
const bannerLettersMax = 300;

/**
 * Who this page is about; stays in sight while the page moves under it. One of many `letters` is a region that scrolls by
 * itself: it must not hide the page.
 */
export function PatientBanner({ letters, children }: { readonly letters: number; readonly children: Child }) {
  const isLong = letters > bannerLettersMax;
  return (
    <section
      class={isLong ? 'patient-banner long' : 'patient-banner'}
      aria-label="Who this is about"
      {...(isLong ? { tabindex: 0 } : {})}
    >
      {children}
    </section>
  );
}

/** What opens on demand. */
export function Disclosure({
  summary,
  open = false,
  children,
}: {
  readonly summary: Child;
  readonly open?: boolean;
  readonly children: Child;
}) {
  return (
    <details open={open}>
      <summary>{summary}</summary>
      <div class="disclosed">{children}</div>
    </details>
  );
}
