import type { RouteRows } from '../route.ts';

const care = ['doctor', 'nurse'] as const;
const clinical = ['doctor', 'nurse', 'coordinator'] as const;

export const uploadRoutes = {
  'upload-new': { method: 'GET', path: '/patients/:patient/uploads/new', access: care },
  'upload-add': { method: 'POST', path: '/patients/:patient/uploads/new', access: care },
  'upload-options': { method: 'OPTIONS', path: '/uploads', access: care },
  'upload-begin': { method: 'POST', path: '/uploads', access: care },
  // Asked by HEAD as well: hono answers it from the row of GET.
  'upload-offset': { method: 'GET', path: '/uploads/:upload', access: care },
  'upload-append': { method: 'PATCH', path: '/uploads/:upload', access: care },
  'upload-end': { method: 'DELETE', path: '/uploads/:upload', access: care },
  'upload-discard': { method: 'POST', path: '/uploads/:upload/discard', access: care },
  attachment: { method: 'GET', path: '/attachments/:attachment', access: clinical },
  'attachment-image': { method: 'GET', path: '/attachments/:attachment/image', access: clinical },
  'attachment-file': { method: 'GET', path: '/attachments/:attachment/file', access: clinical },
} as const satisfies RouteRows;
