import type { HandlersOf } from '../../route.ts';
import type { uploadRoutes } from '../../routes/upload-routes.ts';

export const uploadHandlers: HandlersOf<typeof uploadRoutes> = {};
