import type { HandlersOf } from '../../route.ts';
import type { uploadRoutes } from '../../routes/upload-routes.ts';
import { showAttachment } from './attachment-page.tsx';
import { sendFile, sendImage } from './attachment-file.ts';
import { discardUpload } from './discard-upload.ts';
import { tusAppend, tusBegin, tusEnd, tusOffset, tusOptions } from './tus.ts';
import { postUpload, showUpload } from './upload-page.tsx';

export const uploadHandlers: HandlersOf<typeof uploadRoutes> = {
  'upload-new': showUpload,
  'upload-add': postUpload,
  'upload-options': tusOptions,
  'upload-begin': tusBegin,
  'upload-offset': tusOffset,
  'upload-append': tusAppend,
  'upload-end': tusEnd,
  'upload-discard': discardUpload,
  attachment: showAttachment,
  'attachment-image': sendImage,
  'attachment-file': sendFile,
};
