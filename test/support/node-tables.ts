import { statement } from '../../node/store/statement.ts';

/** Whole tables of a node, for what a test asks of it when all is quiet. */
export const nodeTables = {
  outbox: statement()((db) => db.selectFrom('outbox').selectAll().orderBy('queued_at').orderBy('bundle')),
  inbox: statement()((db) => db.selectFrom('inbox').selectAll().orderBy('sender').orderBy('bundle')),
  leaves: statement()((db) => db.selectFrom('log_leaf').selectAll().orderBy('idx')),
  checkpoints: statement()((db) => db.selectFrom('log_checkpoint').selectAll().orderBy('size')),
  referrals: statement()((db) => db.selectFrom('referral').selectAll().orderBy('id')),
  events: statement()((db) =>
    db.selectFrom('referral_event').selectAll().orderBy('referral').orderBy('author').orderBy('seq'),
  ),
  seqSent: statement()((db) => db.selectFrom('seq_sent').selectAll().orderBy('peer').orderBy('seq')),
  seqReceived: statement()((db) => db.selectFrom('seq_received').selectAll().orderBy('peer').orderBy('seq')),
  evidence: statement()((db) => db.selectFrom('evidence').selectAll().orderBy('at')),
  forgetSealingKeys: statement()((db) => db.deleteFrom('node_key').where('use', 'in', ['box', 'xwing'])),
  receivedAttachments: statement()((db) => db.selectFrom('received_attachment').selectAll().orderBy('referral')),
};
