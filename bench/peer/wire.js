const HEADER_LENGTH = 'Inference-Header-Content-Length';

/** Reads a delivery in either form of the Open Inference Protocol. */
export function readJob(delivery, model) {
  const { content, properties } = delivery;
  const headerLength = properties.headers?.[HEADER_LENGTH];
  const isBinary = headerLength !== undefined;
  const { id, inputs } = JSON.parse(isBinary ? content.toString('latin1', 0, headerLength) : content.toString());
  const tensor = isBinary ? readFloats(content, headerLength) : inputs[0].data.flat(Infinity);
  return {
    id,
    isBinary,
    tensor,
    rows: tensor.length / model.rowElements,
    replyTo: properties.replyTo,
    correlationId: properties.correlationId,
    delivery,
  };
}

/** @returns {{body: Buffer, options: object}} the reply, in the form that the job came in */
export function writeReply(job, output, model) {
  const tensor = { name: model.outputName, shape: [job.rows, ...model.outputRowShape], datatype: 'FP32' };
  const reply = { model_name: model.name, id: job.id, outputs: [tensor] };
  const options = { correlationId: job.correlationId, persistent: true };
  if (!job.isBinary) {
    tensor.data = Array.from(readFloats(output, 0));
    return {
      body: Buffer.from(JSON.stringify(reply)),
      options: { ...options, contentType: 'application/json', headers: { 'millrace-status': 'succeeded' } },
    };
  }

  tensor.parameters = { binary_data_size: output.length };
  const header = Buffer.from(JSON.stringify(reply));
  return {
    body: Buffer.concat([header, output]),
    options: {
      ...options,
      contentType: 'application/octet-stream',
      headers: { 'millrace-status': 'succeeded', [HEADER_LENGTH]: header.length },
    },
  };
}

// A view where the bytes lie on a boundary of four, else a copy.
function readFloats(buffer, from) {
  const bytes = buffer.length - from;
  const start = buffer.byteOffset + from;
  return start % 4 === 0
    ? new Float32Array(buffer.buffer, start, bytes / 4)
    : new Float32Array(buffer.buffer.slice(start, start + bytes));
}
