-- [AP-6] One chair, one practitioner, one patient: one appointment at a time. Half-open ranges, so that one
-- may begin when the other ends. The same states as `occupies` in appointment.ts. Needs btree_gist.
-- Each constraint carries an index, so it is built once and not again at every change of this file.
do $$
declare
  held text;
begin
  foreach held in array array['chair', 'practitioner', 'patient'] loop
    if not exists (
      select from pg_constraint
       where conrelid = 'appointment'::regclass and conname = format('appointment_%s_free', held)
    ) then
      execute format(
        $ddl$alter table appointment add constraint %I exclude using gist
          (organisation_id with =, %I with =, tstzrange(starts_at, ends_at, '[)') with &&)
          where (status not in ('cancelled', 'no-show'))$ddl$,
        format('appointment_%s_free', held), format('%s_id', held));
    end if;
  end loop;
end $$;
