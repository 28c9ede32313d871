import type { Session } from '../../node/cli/session.ts';
import type { Role } from '../../node/accounts/roles.ts';
import type { Hospital } from './hospitals.ts';

/** Who may sign in at a hospital of the demo, as `federation.json` tells it. */
export interface DemoUser {
  readonly role: Role;
  readonly login: string;
  readonly password: string;
}

/** Everybody's, at all three hospitals: these hospitals hold invented patients only. */
export const demoPassword = 'paper-lantern-orbit-29';

const roles: readonly Role[] = ['administrator', 'doctor', 'nurse', 'coordinator', 'auditor'];
const names: Readonly<Record<Hospital['key'], Readonly<Record<Role, string>>>> = {
  alder: {
    administrator: 'Adil Karim',
    doctor: 'Dr. Amina Yusuf',
    nurse: 'Anna Lindqvist',
    coordinator: 'Arjun Nair',
    auditor: 'Aoife Byrne',
  },
  birch: {
    administrator: 'Beatriz Lopes',
    doctor: 'Dr. Bela Horvath',
    nurse: 'Bintou Diallo',
    coordinator: 'Boris Petrov',
    auditor: 'Birgit Hansen',
  },
  cedar: {
    administrator: 'Carmen Ruiz',
    doctor: 'Dr. Chen Wei',
    nurse: 'Chiara Conti',
    coordinator: 'Cem Aydin',
    auditor: 'Celine Moreau',
  },
};
const departments: Readonly<Partial<Record<Role, string>>> = {
  doctor: 'Surgery',
  nurse: 'Emergency',
  coordinator: 'Emergency',
};

/** Adds a user of every role; each of them sees and does what the role may, and nothing else. */
export async function addUsers(session: Session, { key }: Hospital): Promise<readonly DemoUser[]> {
  const users: DemoUser[] = [];
  for (const role of roles) {
    const user = { login: role, name: names[key][role], department: departments[role] ?? '' };
    await session.plain('user.add', { ...user, roles: [role], password: demoPassword });
    users.push({ role, login: role, password: demoPassword });
  }
  return users;
}
