// Serves jobs as one would write it in Node: one channel to consume, one confirm channel to reply, a pool of connections to Postgres.
import amqp from 'amqplib';
import * as ort from 'onnxruntime-node';
import pg from 'pg';
import { Groups } from './groups.js';
import { Model } from './model.js';
import { readJob, writeReply } from './wire.js';

// It has to hold what is in hand and what waits for it. README.md says what was tried.
const PREFETCH = 512;

// Groups in hand at a time, each with a connection to Postgres.
const GROUPS_IN_FLIGHT = 3;

const INSERT = {
  name: 'insert',
  text: `INSERT INTO bench.results (job_id, model, status, outputs)
         SELECT id, $1, 'succeeded', outputs FROM unnest($2::uuid[], $3::bytea[]) AS job (id, outputs)`,
};

const { BENCH_BROKER, BENCH_MODEL, BENCH_MODEL_FILE, BENCH_THREADS = '1' } = process.env;

const session = await ort.InferenceSession.create(BENCH_MODEL_FILE, {
  intraOpNumThreads: Number(BENCH_THREADS),
  interOpNumThreads: 1,
  extra: { session: { intra_op: { allow_spinning: '0' } } },
});
const model = new Model(BENCH_MODEL, session);
const pool = new pg.Pool({ max: GROUPS_IN_FLIGHT }); // reads the PG… variables
const connection = await amqp.connect(BENCH_BROKER, { noDelay: true });
const jobs = await connection.createChannel();
const replies = await connection.createConfirmChannel();

const groups = new Groups(GROUPS_IN_FLIGHT, serve, (last) => jobs.ack(last, true));

/** Runs a group, inserts its rows and publishes its replies; resolves once these are confirmed. */
async function serve(group) {
  const outputs = await model.run(group);
  await pool.query({ ...INSERT, values: [model.name, group.map((job) => job.id), outputs] });
  await Promise.all(group.map((job, i) => publish(job, outputs[i])));
}

function publish(job, output) {
  const { body, options } = writeReply(job, output, model);
  return new Promise((resolve, reject) => {
    replies.publish('', job.replyTo, body, options, (error) => (error ? reject(error) : resolve()));
  });
}

await jobs.prefetch(PREFETCH);
await jobs.consume(`millrace.${BENCH_MODEL}`, (delivery) => groups.add(readJob(delivery, model)));
console.log('ready');

process.once('SIGTERM', async () => {
  await connection.close();
  await pool.end();
});
