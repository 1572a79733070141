import * as ort from 'onnxruntime-node';

/** A session of a model with one FP32 input and one FP32 output, rows first. */
export class Model {
  constructor(name, session) {
    this.name = name;
    this.session = session;
    this.inputName = session.inputNames[0];
    this.outputName = session.outputNames[0];
    this.rowShape = session.inputMetadata[0].shape.slice(1);
    this.outputRowShape = session.outputMetadata[0].shape.slice(1);
    this.rowElements = this.rowShape.reduce((product, size) => product * size, 1);
    this.outputRowElements = this.outputRowShape.reduce((product, size) => product * size, 1);
  }

  /** @returns {Promise<Buffer[]>} each job's output */
  async run(group) {
    const rows = group.reduce((sum, job) => sum + job.rows, 0);
    const input = new Float32Array(rows * this.rowElements);
    let at = 0;
    for (const { tensor } of group) {
      input.set(tensor, at);
      at += tensor.length;
    }

    const results = await this.session.run({ [this.inputName]: new ort.Tensor('float32', input, [rows, ...this.rowShape]) });
    const { data } = results[this.outputName];
    at = data.byteOffset;
    return group.map((job) => {
      const bytes = job.rows * this.outputRowElements * 4;
      at += bytes;
      return Buffer.from(data.buffer, at - bytes, bytes);
    });
  }
}
