-- Every row of the outbox becomes a job in the transaction that wrote it: no news without its job, no job
-- without its news. The order within a subject is kept by the worker (index.ts), not by the engine's named
-- queues: workers that meet at one queue there can miss its next job until the following poll.
-- The function belongs to consilium_system, which owns the job tables; the application's role may only insert
-- news and never touches a job.
set local role consilium_system;
create schema if not exists jobs;
create or replace function jobs.outbox_to_job() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform graphile_worker.add_job(
    'outbox',
    payload => json_build_object('id', new.id, 'topic', new.topic),
    max_attempts => 10
  );
  return null;
end $$;
revoke all on function jobs.outbox_to_job() from public;
grant usage on schema jobs to consilium_owner;
grant execute on function jobs.outbox_to_job() to consilium_owner;

set local role consilium_owner;
create or replace trigger outbox_to_job after insert on outbox
  for each row execute function jobs.outbox_to_job();
