extension Schema {
  static let tenants = """
    ALTER TABLE decision ADD COLUMN tenant TEXT; -- whose it is; NULL for nobody's in particular
    ALTER TABLE job ADD COLUMN tenant TEXT; -- as in the JSON
    ALTER TABLE generation ADD COLUMN tenant TEXT; -- as in the JSON

    UPDATE job SET tenant = json ->> '$.tenant' WHERE json ->> '$.tenant' IS NOT NULL;
    UPDATE generation SET tenant = json ->> '$.terms.tenant' WHERE json ->> '$.terms.tenant' IS NOT NULL;
    UPDATE decision
      SET tenant = (SELECT j.tenant FROM job j WHERE j.decision = decision.id AND j.tenant IS NOT NULL LIMIT 1)
      WHERE id IN (SELECT j.decision FROM job j WHERE j.tenant IS NOT NULL);

    -- As job_open and job_over: a row changes its place once, when the job ends.
    CREATE INDEX job_tenant_open ON job(tenant, id) WHERE ended IS NULL AND tenant IS NOT NULL;
    CREATE INDEX job_tenant_over ON job(tenant, state, id) WHERE ended IS NOT NULL AND tenant IS NOT NULL;
    CREATE INDEX generation_tenant ON generation(tenant, state, id) WHERE tenant IS NOT NULL;
    """
}
