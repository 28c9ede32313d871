import type { Child } from 'hono/jsx';
import { isClinical, roleWords } from '../../../accounts/roles.ts';
import { Section } from '../../components/panel.tsx';
import type { Visit } from '../../visit.ts';

/** Help for whoever asks: what this role does, the keys, and what to do when something goes wrong. */
export function HelpPage({ visit }: { readonly visit: Visit }) {
  const { roles } = visit.user;
  return (
    <div class="narrow">
      <h1>Help</h1>
      <Section title="What you can do here" id="roles">
        <ul>
          {roles.map((role) => (
            <li>
              {roleWords[role].title}: {roleWords[role].may}.
            </li>
          ))}
        </ul>
      </Section>
      {isClinical(roles) ? <Keys /> : null}
      <Section title="When something goes wrong" id="trouble">
        <ul>
          <li>A page that refuses something says what happened, what is safe and what to do next.</li>
          <li>Its reference number leads the administrator to the same moment in the node's diagnostics.</li>
          <li>A referral counts as delivered only when the other hospital's signed receipt is there.</li>
          <li>
            If the other hospital cannot be reached, the referral waits here and leaves by itself. In an emergency,
            telephone.
          </li>
        </ul>
      </Section>
    </div>
  );
}

const keys: readonly (readonly [string, string])[] = [
  ['/', 'search'],
  ['J, K', 'next and previous row'],
  ['Enter', 'open the row'],
  ['A', 'go to “Accept”, from a list too; Enter then accepts'],
  ['N', 'go to “Accept and next” of an open referral'],
  ['Q', 'ask about an open referral: go to the question'],
  ['D', 'decline an open referral: go to the reason'],
  ['U', 'go to “Undo” while there is time'],
  ['?', 'this list'],
];

function Keys(): Child {
  return (
    <Section title="Keys" id="keys">
      <table class="keys">
        <caption class="unseen">Keys and what they do</caption>
        <tbody>
          {keys.map(([key, act]) => (
            <tr>
              <th scope="row">
                <kbd>{key}</kbd>
              </th>
              <td>{act}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p>You can switch them off under your own name at the top of the page.</p>
    </Section>
  );
}
