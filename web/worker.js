// A worker of the page: the same program, without a page. The page sends the address of its
// program, the compiled module, so that nothing is downloaded twice, and the bytes of a job. The
// program finds the job here when it starts, and answers with bytes; a text is why it failed.

self.onmessage = async ({ data: { program, module, job } }) => {
  self.job = job;
  try {
    const { default: start } = await import(program);
    await start({ module_or_path: module });
  } catch (error) {
    self.postMessage(`${error}`);
  }
};
