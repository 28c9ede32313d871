import type { HandlersOf } from '../../route.ts';
import type { accountRoutes } from '../../routes/account-routes.ts';
import { ownAccountHandlers } from './account.tsx';
import { draftHandlers } from './drafts.ts';
import { passwordHandlers } from './password.tsx';
import { setupHandlers } from './setup.tsx';
import { signInHandlers } from './sign-in.tsx';
import { userHandlers } from './user.tsx';
import { userListHandlers } from './users.tsx';

export const accountHandlers: HandlersOf<typeof accountRoutes> = {
  ...signInHandlers,
  ...setupHandlers,
  ...passwordHandlers,
  ...ownAccountHandlers,
  ...draftHandlers,
  ...userListHandlers,
  ...userHandlers,
};
