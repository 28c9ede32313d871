import type { DisplayRow, DisplaySectionName } from '../../../../protocol/bundle/fhir/display-row.ts';
import type { Review, ReviewSection } from '../../../referrals/review/review.ts';
import { Disclosure, Facts, Notice, Section } from '../../components/panel.tsx';
import { Foreign, ForeignLines } from '../../components/text.tsx';
import { datesInWords } from './dates-in-words.ts';
import { codeWords } from './code-words.ts';

/** What is formal about a referral: needed when something is doubted, not for a decision. Folded, never left out. */
const formalSections: ReadonlySet<DisplaySectionName> = new Set<DisplaySectionName>(['consent', 'people', 'origin']);

/** Everything that was sent, section by section; what says nothing stands in one line for each reason. */
export function FullRecord({ review, isOurs = false }: { readonly review: Review; readonly isOurs?: boolean }) {
  const told = review.sections.filter(({ rows }) => rows.length > 0);
  const silent = Map.groupBy(
    review.sections.filter(({ rows }) => rows.length === 0),
    ({ silence }) => silence,
  );
  return (
    <Section title="Full record" id="record">
      <p class="hint">
        {isOurs ? (
          'Everything that was sent, as the other hospital reads it.'
        ) : (
          <>
            Everything that was sent, as <Foreign text={review.order.hospital} /> told it. Nothing here was checked by
            this hospital.
          </>
        )}
      </p>
      <div class="record-parts">
        {told
          .filter(({ name }) => !formalSections.has(name))
          .map((section) => (
            <OneSection section={section} />
          ))}
      </div>
      {[...silent].map(([silence, sections]) => (
        <p class="quiet">
          <strong>{sections.map(({ heading }) => heading).join(', ')}:</strong> <Foreign text={silence} />
        </p>
      ))}
      <NotShown notShown={review.notShown} />
      <Disclosure summary="Consent, people and where it comes from">
        <div class="record-parts">
          {told
            .filter(({ name }) => formalSections.has(name))
            .map((section) => (
              <OneSection section={section} />
            ))}
        </div>
      </Disclosure>
    </Section>
  );
}

/** The request and its narrative tell the same reason: what is the same words stands once, under both names. */
function once(rows: readonly DisplayRow[]): readonly DisplayRow[] {
  const same = Map.groupBy(rows, ({ text }) => text);
  return [...same].map(([text, told]) => ({ label: told.map(({ label }) => label).join(', '), text }));
}

function NotShown({ notShown }: Pick<Review, 'notShown'>) {
  if (notShown.length === 0) return null;
  return (
    <Notice tone="amber" title="Carried and not shown">
      <p>This came along, and no reader here knows how to show it. It is kept with the referral.</p>
      <ul>
        {notShown.map(({ what, count }) => (
          <li>
            <Foreign text={what} />: {count}
          </li>
        ))}
      </ul>
    </Notice>
  );
}

function OneSection({ section: { name, heading, rows, silence } }: { readonly section: ReviewSection }) {
  return (
    <section>
      <h3>{heading}</h3>
      <Facts
        facts={(name === 'reason' ? once(rows) : rows).map(({ label, text }) => ({
          term: <Foreign text={label} />,
          value: <ForeignLines text={datesInWords(codeWords(name, label, text))} />,
        }))}
      />
      {silence === '' ? null : (
        <p class="quiet">
          <Foreign text={silence} />
        </p>
      )}
    </section>
  );
}
