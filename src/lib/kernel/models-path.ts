/** Where the app serves the models that run in browsers, and what runs them. */
export const modelsPath = '/models';
