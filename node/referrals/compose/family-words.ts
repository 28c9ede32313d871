/** The relatives that are recognised, with their codes and displays in HL7 v3 RoleCode; other words stay text. */
const familyWords: Readonly<Record<string, readonly [code: string, display: string]>> = {
  father: ['FTH', 'father'],
  mother: ['MTH', 'mother'],
  parent: ['PRN', 'parent'],
  brother: ['BRO', 'brother'],
  sister: ['SIS', 'sister'],
  sibling: ['SIB', 'sibling'],
  son: ['SONC', 'son'],
  daughter: ['DAUC', 'daughter'],
  child: ['CHILD', 'child'],
  grandfather: ['GRFTH', 'grandfather'],
  grandmother: ['GRMTH', 'grandmother'],
  'maternal grandfather': ['MGRFTH', 'maternal grandfather'],
  'maternal grandmother': ['MGRMTH', 'maternal grandmother'],
  'paternal grandfather': ['PGRFTH', 'paternal grandfather'],
  'paternal grandmother': ['PGRMTH', 'paternal grandmother'],
  uncle: ['UNCLE', 'uncle'],
  aunt: ['AUNT', 'aunt'],
  cousin: ['COUSN', 'cousin'],
  nephew: ['NEPHEW', 'nephew'],
  niece: ['NIECE', 'niece'],
  husband: ['HUSB', 'husband'],
  wife: ['WIFE', 'wife'],
};

export function familyWord(word: string): readonly [code: string, display: string] | undefined {
  const key = word.trim().toLowerCase();
  return Object.hasOwn(familyWords, key) ? familyWords[key] : undefined;
}
