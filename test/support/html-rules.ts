import type { ConfigData } from 'html-validate';

/** html-validate for what the desk renders. */
export const htmlRules: ConfigData = {
  root: true,
  extends: ['html-validate:standard', 'html-validate:a11y'],
  rules: {
    'void-style': 'off', // hono writes <meta/>.
    'no-trailing-whitespace': 'off',
    'long-title': 'off', // The hospital's own name is part of it.
    'no-redundant-role': 'off', // Spelt out where a table's layout takes the role away.
    'prefer-native-element': 'off',
    'no-inline-style': 'error',
    'require-sri': 'off', // Nothing comes from another origin.
    'meta-refresh': 'off', // Inside <noscript>: a list without scripts renews itself (Node §13.4).
    'valid-id': ['error', { relaxed: true }],
    'tel-non-breaking': 'off',
  },
};
